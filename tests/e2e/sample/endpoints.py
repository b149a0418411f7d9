"""What the tests call, apart from the views, so that it can be had without the sample's models."""

# Paths below /sql/, each a view of sql_views.
SQL = (
    "plain", "savepoints", "committed", "executemany", "iterator", "abandoned_iterator", "failing",
    "unhandled", "raw", "composed", "bulk", "set_config", "stream", "blind",
)  # fmt: skip
# How many statements PostgreSQL gets from /sql/executemany.
MANY = 7
# Paths below /repeat/ where an N+1 is planted, and where none is: views of repeat_views.
PLANTED = (
    "attribute", "exists", "save", "create", "delete", "cursor", "literals", "helper", "nested", "six",
    "template", "method_field", "source_field",
)  # fmt: skip
CLEAN = ("two_places", "five", "equal", "bulk_create", "bulk_update", "prefetch", "bulk_delete")
# Paths below /asgi/: views of async_views.
ASGI = (
    "gathered", "repeated", "two_places", "sync_stream", "async_stream", "failing_stream", "events",
    "async_wait", "sync_wait", "async_failure", "sync_failure",
)  # fmt: skip
# Queries and cache calls of the views at /asgi/sync/<queries>-<calls> and /asgi/async/<queries>-<calls>.
EXACTLY = ((0, 0), (0, 3), (1, 0), (1, 1), (2, 5), (3, 2), (5, 1), (7, 4))
