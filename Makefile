# `make` alone lists what there is. PYTHON chooses the interpreter that .venv is made with.
PYTHON ?= python3
VENV := .venv/bin
COMPILE := $(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url pyproject.toml --group platform --group embedded
PRODUCTION := DJANGO_SETTINGS_MODULE=config.settings.production METRICS_TOKEN=check DATABASE_URL=postgres:///check \
	SECRET_KEY=only-for-manage.py-check-which-wants-fifty-characters-1234567890
.DEFAULT_GOAL := help
.PHONY: help run test check gate bench chaos stack fmt lock venv

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

run: ## install, migrate, load the data, serve on 127.0.0.1:PORT (8000); Ctrl-C stops all of it
	@$(PYTHON) scripts/bootstrap.py run
	@$(VENV)/python -m devservices.run

test: venv ## all tests, after installing what they need; ARGS='-k words' chooses some
	@$(VENV)/python -m devservices.apt
	$(VENV)/python -m pytest $(ARGS)

check: venv ## what a change must pass: lint, types, import contracts, migrations, deployment, tests
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	PYTHONPATH=.:platform $(VENV)/lint-imports
	$(VENV)/python -m devservices.with_servers $(VENV)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(VENV)/python manage.py check --deploy --fail-level WARNING
	$(MAKE) test

gate: venv ## the performance budgets: every scenario at 5 and 50 rows, against budgets.toml
	$(VENV)/python -m devservices.with_servers $(VENV)/python manage.py budget check $(ARGS)

bench: ## what we and our peers cost a request, in about 8 minutes; ARGS=--help tells more
	@$(PYTHON) scripts/bootstrap.py bench
	@.venv-bench/bin/python -m bench $(ARGS)
	@$(PYTHON) scripts/bootstrap.py run
	@$(VENV)/python -m devservices.with_servers sh -ec 'for step in "migrate -v 0" load_psgc bench_coverage; \
		do $(VENV)/python manage.py $$step; done'

chaos: venv ## faults injected into the running service, each until its alert was heard and cleared: 10 minutes
	$(VENV)/python -m pytest -m "" tests/stack/test_faults.py $(ARGS)

stack: ## the whole stack in containers (needs Docker): web, worker, databases, Prometheus, Grafana
	docker compose up --build --wait

fmt: venv ## format the code and repair what the linter can
	$(VENV)/ruff check --fix-only .
	$(VENV)/ruff format .

lock: venv ## compile requirements/*.txt from pyproject.toml (needs the network); ARGS=--upgrade for new versions
	$(COMPILE) $(ARGS) -o requirements/run.txt
	$(COMPILE) $(ARGS) --group test --group dev -c requirements/run.txt -o requirements/dev.txt
	$(COMPILE) $(ARGS) --group bench -c requirements/run.txt -o requirements/bench.txt

venv:
	@$(PYTHON) scripts/bootstrap.py dev
