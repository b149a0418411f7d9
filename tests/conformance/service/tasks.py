from celery import Celery

app = Celery("conformance", broker="memory://")


@app.task(name="work")
def work():
    pass


@app.task(name="fail")
def fail():
    raise RuntimeError("planted")


@app.task(name="again", bind=True, max_retries=1)
def again(self):
    if self.request.retries == 0:
        raise self.retry(countdown=0)
