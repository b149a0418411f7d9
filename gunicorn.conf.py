"""The web server, in `make run`, in the image, in production; gunicorn's command line overrides it."""

import os
import sys
from pathlib import Path

# `--chdir platform` puts the domain apps on the path; the recorder stands beside them.
sys.path.insert(0, str(Path(__file__).resolve().parent))

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
# Each worker imports the application after its fork: connections, pools and threads are its own.
preload_app = False
timeout = 30
graceful_timeout = 20
# Heartbeat files in memory: on a busy disk a worker would look dead.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  (gunicorn makes a private file)
# It would want a folder under $HOME, which may be absent or read-only.
control_socket_disable = True
