"""`make run`: the servers, the schema, the data, then what the Procfile says, until Ctrl-C or SIGTERM."""

import hashlib
import os
import secrets
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

from . import backends, observers, preflight
from .errors import ServiceError
from .preflight import ROOT, STATE
from .processes import stop
from .server import secret_file

ADMIN = "admin"
READY_SECONDS = 60.0
# honcho kills what is left 5 s after the first has ended.
END_SECONDS = 15.0
DATA = {
    "Loading the geography of the Philippines": "load_psgc",
    "Loading the demo communities": "seed_demo",
}


def main() -> None:
    started = time.monotonic()
    with ExitStack() as stack:
        stack.enter_context(preflight.only_one(STATE))
        preflight.disk_space()
        port = preflight.port()
        stack.callback(print, "  Stopped.", flush=True)
        database = backends.database(stack)
        env = environment(port, database.url, backends.redis(stack))
        step("Bringing the schema up to date", ["migrate", "--no-input"], env)
        load(database, env)
        serve(env, started)


def load(database: backends.Database, env: dict[str, str]) -> None:
    """The data, unless this very data is in our own cluster already."""
    sources = [ROOT / "requirements" / "geography.txt", *ROOT.glob("platform/*/management/commands/*.py")]
    inputs = b"".join(path.read_bytes() for path in sorted(sources)) + env["DEMO_ADMIN_PASSWORD"].encode()
    fingerprint = hashlib.sha256(inputs).hexdigest()
    stamp = database.folder / "loaded" if database.folder else None
    if stamp and stamp.exists() and stamp.read_text() == fingerprint:
        return
    for title, command in DATA.items():
        step(title, [command], env)
    if stamp:
        stamp.write_text(fingerprint)


def environment(port: int, database_url: str, redis_url: str) -> dict[str, str]:
    """What the processes are to know; it is in .run/env too, for a shell."""
    ours = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings.development"),
        "SECRET_KEY": os.environ.get("SECRET_KEY") or remembered("secret-key"),
        "DEMO_ADMIN_PASSWORD": os.environ.get("DEMO_ADMIN_PASSWORD") or remembered("demo-admin-password"),
        # As in production, or the figures would be those of debug mode and of connecting.
        "DEBUG": os.environ.get("DEBUG", "false"),
        "DB_CONN_MAX_AGE": os.environ.get("DB_CONN_MAX_AGE", "600"),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "PATH": os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ.get("PATH", os.defpath)]),
        **observers.environment(port),
    }
    (ROOT / "staticfiles").mkdir(exist_ok=True)  # WhiteNoise warns where it is missing
    secret_file(STATE / "env", "".join(f"{key}={shlex.quote(value)}\n" for key, value in ours.items()))
    return {**os.environ, **ours}


def remembered(name: str) -> str:
    """A secret made up the first time, the same ever after."""
    path = STATE / name
    if not path.exists():
        secret_file(path, secrets.token_urlsafe(24))
    return path.read_text()


def step(title: str, command: list[str], env: dict[str, str]) -> None:
    """Run manage.py `command`; ServiceError with its last line when it fails. All it says is in .run/log."""
    started = time.monotonic()
    print(f"  {title} ...", end="", flush=True)
    argv = [sys.executable, str(ROOT / "manage.py"), *command]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    log = STATE / "log"
    with log.open("a") as file:
        file.write(done.stdout + done.stderr)
    print(f" {time.monotonic() - started:.1f} s", flush=True)
    if done.returncode != 0:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or [f"exit {done.returncode}"]
        raise ServiceError(f"manage.py {command[0]} failed: {reason[0]}\nAll it said is in {log}.")


def serve(env: dict[str, str], started: float) -> None:
    # The first gets PORT itself: honcho adds 100 for each after it.
    processes = ["web", "worker", *observers.processes(env), "until"]
    command = [sys.executable, "-m", "honcho", "--env", str(STATE / "env"), "start", *processes]
    pipe, writer = open_pipe()
    # A session of its own: Ctrl-C comes to us alone, and we end it before the servers that it needs.
    honcho = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        welcome(env, honcho, started)
        honcho.wait()
    finally:
        pipe.unlink()
        os.close(writer)
        end(honcho)
    raise ServiceError(f"A process ended by itself, so all were stopped (exit {honcho.returncode}).")


def open_pipe() -> tuple[Path, int]:
    """The pipe whose end the Procfile's `until` waits for: when we close it, or die of whatever cause.

    honcho ends all when one has ended, once all have started; a SIGTERM before that breaks honcho 2.0.
    """
    pipe = STATE / "until"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe, 0o600)
    return pipe, os.open(pipe, os.O_RDWR)


def end(honcho: subprocess.Popen[bytes]) -> None:
    try:
        honcho.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        stop(honcho)


def welcome(env: dict[str, str], honcho: subprocess.Popen[bytes], started: float) -> None:
    """Wait until the site is ready, then say where it is."""
    site = f"http://127.0.0.1:{env['PORT']}"
    deadline = time.monotonic() + READY_SECONDS
    while (state := readiness(site)) is not None:
        if honcho.poll() is not None:
            return
        if time.monotonic() > deadline:
            raise ServiceError(f"{site}/readyz was not ready within {READY_SECONDS:.0f} s: {state}")
        time.sleep(0.1)
    lines = [
        f"Ready after {time.monotonic() - started:.1f} s",
        f"  API          {site}/api/municipalities   (POST {site}/api/auth/login gives a token)",
        f"  Metrics      {site}/metrics",
        f"  Console      {site}/console/",
        f"  Admin        {site}/admin/",
        *observers.addresses(env),
        f"  Name         {ADMIN}",
        f"  Password     {env['DEMO_ADMIN_PASSWORD']}",
        "  manage.py    set -a; . .run/env; set +a; .venv/bin/python manage.py",
        "  To stop      Ctrl-C",
    ]
    print("\n" + "\n".join(lines) + "\n", flush=True)


def readiness(site: str) -> str | None:
    """None when it is ready, else what it says."""
    try:
        urllib.request.urlopen(f"{site}/readyz", timeout=5).close()  # noqa: S310  (an address of ours)
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode(errors='replace')}"
    except OSError as error:
        return str(error)
    return None


def end_by_signal(number: int, _frame: object) -> NoReturn:
    """Leave through every `finally`; a second Ctrl-C does not break that off."""
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    print("\n  Stopping ...", flush=True)
    sys.exit(128 + number)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_by_signal)
    try:
        main()
    except ServiceError as error:
        sys.exit(f"\n{error}")
    except OSError as error:
        where = error.filename or ROOT
        sys.exit(f"\n{error.strerror}: {where}. Free space or set permissions, then try again.")
