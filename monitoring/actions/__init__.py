"""What people and CI do. Each takes `user` and `request_id`, checks the user's permission and is audited.

Raises PermissionDenied (django.core.exceptions), NotFoundError, or ActionError that says what to do instead.
"""

from .figures import reset, undo_reset
from .gate import GateReport, report_gate_run
from .queries import acknowledge, explain, mute, unmute
from .recording import pause, record_deploy, resume
from .silk import start_silk, stop_silk

__all__ = [
    "GateReport",
    "acknowledge",
    "explain",
    "mute",
    "pause",
    "record_deploy",
    "report_gate_run",
    "reset",
    "resume",
    "start_silk",
    "stop_silk",
    "undo_reset",
    "unmute",
]
