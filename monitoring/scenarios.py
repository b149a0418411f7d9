"""Scenarios: how each operation is seeded at size n and called. For the gate, load tests and demo traffic.

# yourapp/scenarios.py, found by itself
@scenario("GET /api/cadets", seed=seed_cadets)
def list_cadets(client, world):
    return client.get("/api/cadets")
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils.module_loading import autodiscover_modules, import_string

from .conf import conf
from .errors import BudgetError

Seed = Callable[[int], Any]
Call = Callable[[Client, Any], HttpResponseBase | None]

_registry: "dict[str, Scenario]" = {}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One call of one operation.

    `operation` is the recorder's name of it. `seed(n)` fills an empty, migrated database with n of what
    the operation works on and returns whatever `call` wants to know; `call(client, world)` exercises the
    operation once and returns its response, or None where there is none (a task, a block).
    `repeatable`: a second call costs what the first does. Reads are.
    """

    operation: str
    call: Call
    seed: Seed
    role: str
    repeatable: bool

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.operation.startswith(("GET ", "HEAD "))

    @property
    def place(self) -> str:
        """Where it is declared, for messages."""
        code = self.call.__code__
        return f"{code.co_filename}:{code.co_firstlineno}"


def scenario(
    operation: str, *, seed: Seed, role: str = "admin", repeatable: bool | None = None
) -> Callable[[Call], Call]:
    """Declares the decorated `call(client, world)` as the scenario of `operation`.

    `client` is logged in as `role`. Raises BudgetError when the operation has another scenario already.
    """

    def register(call: Call) -> Call:
        safe = operation.startswith(("GET ", "HEAD ")) if repeatable is None else repeatable
        declared = Scenario(operation, call, seed, role, safe)
        earlier = _registry.setdefault(operation, declared)
        if earlier.place != declared.place:
            raise BudgetError(
                f"{declared.place}: {operation!r} has a scenario already, at {earlier.place}: "
                "keep one of them, or correct the operation's name"
            )
        return call

    return register


def scenarios() -> Mapping[str, Scenario]:
    """Every app's scenarios by operation, sorted. Imports the module `scenarios` of each installed app."""
    autodiscover_modules("scenarios")
    return dict(sorted(_registry.items()))


def client_for(role: str) -> Client:
    """A test client logged in as `role`, made by the project's TACHOGRAPH["SCENARIO_CLIENT"].

    Raises BudgetError when the setting is missing and the role is not "anonymous", or cannot be imported.
    """
    path = conf().SCENARIO_CLIENT
    if not path:
        if role == "anonymous":
            return Client()
        raise BudgetError(
            f"No client for the role {role!r}: set TACHOGRAPH['SCENARIO_CLIENT'] to the dotted path of a "
            "function that takes the role and returns a django.test.Client"
        )
    try:
        factory: Callable[[str], Client] = import_string(path)
    except (ImportError, ImproperlyConfigured) as error:
        raise BudgetError(f"TACHOGRAPH['SCENARIO_CLIENT'] = {path!r} cannot be imported: {error}") from error
    return factory(role)
