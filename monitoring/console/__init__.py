"""The console under /console/: it renders `monitoring.reports` and calls `monitoring.actions`.

# yourapp/console.py, found by itself
from monitoring.console import register

register("Sync", "sync", views.sync)  # /console/sync/, named "tachograph-console:sync"
"""

from .registry import register, registered, unregister

__all__ = ["register", "registered", "unregister"]
