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
