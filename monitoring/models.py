"""Where Django looks for the models: they stand beside what writes them."""

from .store.models import *  # noqa: F403
