"""Tachograph: what every operation of a Django service costs, held to budgets.

`from monitoring import operation` records a block of work; everything else is recorded by itself.
"""

from .operations import carry, operation

__all__ = ["carry", "operation"]
__version__ = "0.1.0"
