from celery import Celery

app = Celery("people", broker="memory://")
app.conf.task_always_eager = True


@app.task
def greet(name):
    raise RuntimeError(f"{name} is not at home")
