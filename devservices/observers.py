"""Prometheus and Alertmanager of `make run`, where they are installed: ports, configuration, addresses."""

import os
from collections.abc import Mapping

from . import binaries
from .preflight import ROOT, STATE
from .processes import HOST, free_port, port_is_free
from .prometheus import local_alertmanager, local_prometheus, write

_USUAL_PORTS = {"prometheus": 9090, "alertmanager": 9093}
_DEBIAN_PACKAGES = {"prometheus": "prometheus", "alertmanager": "prometheus-alertmanager"}


def environment(site_port: int) -> dict[str, str]:
    """For each that is installed NAME (its program) and NAME_PORT; writes their configuration into .run/."""
    found: dict[str, str] = {}
    ports = {"tachograph": site_port}
    for name, usual in _USUAL_PORTS.items():
        if program := binaries.find(name):
            ports[name] = int(os.environ.get(f"{name.upper()}_PORT") or usual)
            if not port_is_free(ports[name]):
                ports[name] = free_port()
            found |= {name.upper(): str(program), f"{name.upper()}_PORT": str(ports[name])}
    if "prometheus" in ports:
        write(STATE / "prometheus" / "prometheus.yml", local_prometheus(ROOT, ports))
    if "alertmanager" in ports:
        write(STATE / "alertmanager" / "alertmanager.yml", local_alertmanager(ROOT))
    return found


def processes(env: Mapping[str, str]) -> list[str]:
    """The names, as in the Procfile, of those that are installed."""
    return [name for name in _USUAL_PORTS if name.upper() in env]


def addresses(env: Mapping[str, str]) -> list[str]:
    """A line for each: where it is, or how to get it."""
    return [
        f"  {name.title():12} http://{HOST}:{env[f'{name.upper()}_PORT']}/"
        if name.upper() in env
        else f"  {name.title():12} not installed: apt-get install {_DEBIAN_PACKAGES[name]}"
        for name in _USUAL_PORTS
    ]
