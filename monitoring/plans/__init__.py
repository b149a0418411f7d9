"""Why a query is slow: the plan of a stored statement, without any of its values, and what would help.

PostgreSQL only. The statement is prepared and planned for unknown values on a connection of its own, read
only and with a time-out; it is never run. docs/plans.md says what such a plan can tell and what it cannot.
"""

from .advice import Advice
from .explain import explain
from .findings import Finding
from .tree import Node, tree

__all__ = ["Advice", "Finding", "Node", "explain", "tree"]
