"""Make .venv and install a lock into it, once: `python3 scripts/bootstrap.py run|dev|bench`.

Standard library only. A lock that is installed already, by its hash, costs nothing the second time.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (whoever has an older one shall read why it fails)
    sys.exit("Tachograph needs Python 3.11 or newer. Name one: make run PYTHON=/path/to/python3.11")

import errno
import hashlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from devservices import preflight  # noqa: E402
from devservices.errors import ServiceError  # noqa: E402

# What the benchmark compares with stays out of the way of what is developed.
VENV = ROOT / (".venv-bench" if sys.argv[1:] == ["bench"] else ".venv")
PYTHON = VENV / "bin" / "python"
LOG = ROOT / ".run" / "install.log"
# The geography is read as data: what its package would import is not installed.
LOCKS = {purpose: {f"{purpose}.txt": [], "geography.txt": ["--no-deps"]} for purpose in ("run", "dev")}
LOCKS["bench"] = {"bench.txt": []}
PIP = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--retries=2"]
LOCKED = ["--require-hashes", "--only-binary=:all:"]
_NO_NETWORK = re.compile(r"NewConnection|[Nn]ame ?[Rr]esolution|ConnectTimeout|unreachable|Retrying \(")


def main(purpose: str) -> None:
    if purpose == "run":
        preflight.port()
    preflight.disk_space()
    LOG.parent.mkdir(exist_ok=True)
    make_venv()
    for lock, options in LOCKS[purpose].items():
        install(ROOT / "requirements" / lock, options)


def make_venv() -> None:
    if works(PYTHON):
        return
    if not works(Path(sys.executable), "import ensurepip, venv"):
        install_venv_module()
    say(f"Making {VENV.name} with Python {sys.version.split()[0]}")
    run([sys.executable, "-m", "venv", "--clear", str(VENV)], f"Python could not make {VENV.name}")


def works(python: Path, statement: str = "import sys; assert sys.version_info >= (3, 11)") -> bool:
    try:
        return subprocess.run([python, "-c", statement], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def install_venv_module() -> None:
    """Debian's python3 has neither venv nor pip until python3-venv is there."""
    sentence = "Python's venv module is missing: as root, `apt-get install python3-venv`, then try again."
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ServiceError(sentence)
    say("Installing Debian's python3-venv")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update"], sentence, quiet)
    run(["apt-get", "install", "--yes", "--no-install-recommends", "python3-venv"], sentence, quiet)


def install(lock: Path, options: list[str]) -> None:
    stamp = VENV / f"installed-{lock.name}"
    fingerprint = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    total = len(re.findall(r"^[\w.-]+(?:\[.*\])?==", lock.read_text(), re.MULTILINE))
    say(f"Installing up to {total} packages of requirements/{lock.name}")
    command = [*PIP, *LOCKED, *options, "--requirement", str(lock)]
    run(command, f"The packages of requirements/{lock.name} could not be installed")
    stamp.write_text(fingerprint)


def run(command: list[str], failure: str, env: dict[str, str] | None = None) -> None:
    """Run it with its output in the log and its progress shown; ServiceError, classified, when it fails."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, text=True, env=env, **pipes) as child:
        try:
            output = list(logged(show_progress(child.stdout)))
        except BaseException:
            child.terminate()
            raise
    if child.returncode != 0:
        raise ServiceError(explain(failure, "".join(output)))


def logged(lines: Iterator[str]) -> Iterator[str]:
    with LOG.open("a") as log:
        for line in lines:
            log.write(line)
            yield line


def show_progress(lines: Iterator[str]) -> Iterator[str]:
    count = 0
    for line in lines:
        yield line
        if line.startswith("Collecting "):
            count += 1
            name = line.split()[1].split("==")[0]
            if sys.stdout.isatty():
                print(f"\r\033[K    {count} {name}", end="", flush=True)
            elif count % 20 == 0:
                say(f"  {count} ...")
        elif line.startswith("Installing collected packages"):
            print("\r\033[K" if sys.stdout.isatty() else "", end="")
            say("  all fetched, unpacking")


def explain(failure: str, output: str) -> str:
    if os.strerror(errno.ENOSPC) in output:
        return f"{failure}: the disk is full. Free some space, then try again."
    if _NO_NETWORK.search(output):
        return f"{failure}: no package registry answers. Check the network, then try again."
    if "DO NOT MATCH THE HASHES" in output:
        return f"{failure}: a package is not the one that was locked. Do not install it; see {LOG}."
    end = "\n".join(f"  {line}" for line in output.strip().splitlines()[-6:])
    return f"{failure}. The end of {LOG}:\n{end}"


def say(text: str) -> None:
    print(f"  {text}", flush=True)


def end_by_signal(number: int, _frame: object) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_by_signal)
    try:
        main(sys.argv[1])
    except ServiceError as error:
        sys.exit(str(error))
    except OSError as error:
        where = error.filename or ROOT
        sys.exit(f"{error.strerror}: {where}. Free space or set permissions, then try again.")
