"""Tells a running service of the gate's run, so that its console shows it."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from monitoring.errors import BudgetError

PATH = "/api/system/gate-runs"
TIMEOUT_SECONDS = 15
# How the CI servers name what they build; the first that is set counts.
BRANCH = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME")
PAGE = ("CI_JOB_URL", "BUILD_URL")


def post(address: str, token: str, body: Mapping[str, Any]) -> None:
    """POST a run to the service at `address`. Raises BudgetError that says why it was not taken."""
    request = Request(  # noqa: S310  (the scheme is checked by the option)
        address.rstrip("/") + PATH,
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            return
    except HTTPError as error:
        told = error.read().decode("utf-8", "replace")[:500]
        raise BudgetError(f"{address} did not take the gate's run: {error.code} {told}") from error
    except (URLError, OSError, ValueError) as error:
        raise BudgetError(
            f"{address} cannot be told of the gate's run: {error}; check the address"
        ) from error


def body(document: str, revision: str, base: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """What /api/system/gate-runs takes. The statements stay here: the console has them from its figures."""
    report = json.loads(document)
    for sample in (sample for operation in report["operations"] for sample in operation["samples"]):
        del sample["statements"]
    return {
        "revision": revision,
        "base": base,
        "branch": _first(BRANCH, environ),
        "url": _page(environ),
        "report": report,
    }


def _first(names: tuple[str, ...], environ: Mapping[str, str]) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")


def _page(environ: Mapping[str, str]) -> str:
    if "GITHUB_RUN_ID" not in environ:
        return _first(PAGE, environ)
    server, repository = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
    return f"{server}/{repository}/actions/runs/{environ['GITHUB_RUN_ID']}"
