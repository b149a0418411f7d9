"""Settings of the alert test: /api/municipalities takes 0.3 s while the file that SLOW_WHILE names exists."""

import os
import time
from pathlib import Path

from config.settings.test import *  # noqa: F403
from config.settings.test import MIDDLEWARE

FAULT = Path(os.environ["SLOW_WHILE"])
OVER_THE_OBJECTIVE_S = 0.3


def slow_municipalities(get_response):
    def middleware(request):
        if request.path == "/api/municipalities" and FAULT.exists():
            time.sleep(OVER_THE_OBJECTIVE_S)
        return get_response(request)

    return middleware


MIDDLEWARE = [*MIDDLEWARE, f"{__name__}.slow_municipalities"]
