"""What the tests call, apart from the views, so that it can be had without the sample's models."""

# Paths below /sql/, each a view of sql_views.
SQL = (
    "plain", "savepoints", "committed", "executemany", "iterator", "abandoned_iterator", "failing",
    "unhandled", "raw", "composed", "bulk", "set_config", "stream", "blind",
)  # fmt: skip
# How many statements PostgreSQL gets from /sql/executemany.
MANY = 7
