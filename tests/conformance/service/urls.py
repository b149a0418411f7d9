from django.urls import path

from . import views

VIEWS = (
    "async_orm", "one", "reconnecting", "pooled", "two_databases", "savepoint", "set_config",
    "executemany", "server_side_cursor", "failing", "raw_and_composed", "rows", "two_transactions", "slow",
    "equal", "secret", "in_a_pool", "carried", "copy", "callproc", "psycopg_itself",
    "attribute", "exists", "save", "cursor", "literals", "template", "two_places",
    "chunks", "prefetched", "cache", "async_get", "broken_cache", "unhandled", "stream",
    "hanging", "async_stream", "file",
)  # fmt: skip

urlpatterns = [
    *(path(name, getattr(views, name), name=name) for name in VIEWS),
    path("serializer", views.SerializerView.as_view(), name="serializer"),
    path("items/<int:pk>", views.item, name="item"),
    path("answered/<int:pk>", views.item, name="answered"),
]
