"""How a run of `manage.py budget` ends."""

from typing import Final

PASSED: Final = 0
BREACHED: Final = 1
UNUSABLE: Final = 2
INCONCLUSIVE: Final = 3
