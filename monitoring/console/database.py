from .page import page


@page("tachograph/nplusone.html")
def database(asked):
    return {"title": "Database"}
