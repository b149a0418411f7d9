"""Statements in a window: the list, one of them, the N+1s."""

from .detail import query
from .listing import SORTS, STATES, queries
from .nplusone import nplusones

__all__ = ["SORTS", "STATES", "nplusones", "queries", "query"]
