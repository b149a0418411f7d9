"""A private Prometheus and Alertmanager, and the committed configuration turned into one for this machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from . import binaries
from .errors import ServiceError
from .processes import HOST
from .server import Server, answers_http


class Prometheus(Server):
    """Reads `config` (a mapping in the form of prometheus.yml) and keeps its series in `folder`."""

    name = "Prometheus"

    def __init__(self, folder: Path, config: Mapping[str, Any], port: int = 0) -> None:
        super().__init__(folder / "prometheus", port)
        self.program = _program("prometheus")
        self.config = config

    def prepare(self) -> None:
        super().prepare()
        write(self.folder / "prometheus.yml", self.config)

    def command(self) -> list[str]:
        return [
            str(self.program),
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address={HOST}:{self.port}",
        ]

    def ready(self) -> bool:
        return answers_http(f"{self.address}/-/ready")


class Alertmanager(Server):
    """Reads `config` (a mapping in the form of alertmanager.yml)."""

    name = "Alertmanager"

    def __init__(self, folder: Path, config: Mapping[str, Any], port: int = 0) -> None:
        super().__init__(folder / "alertmanager", port)
        self.program = _program("alertmanager")
        self.config = config

    def prepare(self) -> None:
        super().prepare()
        write(self.folder / "alertmanager.yml", self.config)

    def command(self) -> list[str]:
        return [
            str(self.program),
            f"--config.file={self.folder / 'alertmanager.yml'}",
            f"--storage.path={self.folder / 'data'}",
            f"--web.listen-address={HOST}:{self.port}",
            "--cluster.listen-address=",
        ]

    def ready(self) -> bool:
        return answers_http(f"{self.address}/-/ready")


def local_prometheus(root: Path, targets: Mapping[str, int], interval: str = "") -> dict[str, Any]:
    """prometheus/prometheus.yml for this machine: `targets` gives the port of each job that runs here.

    The other jobs are left out; a scrape from loopback needs no token. `interval` replaces all intervals.
    """
    config: dict[str, Any] = yaml.safe_load((root / "prometheus" / "prometheus.yml").read_text())
    config["rule_files"] = [str(root / "prometheus" / pattern) for pattern in config.get("rule_files", [])]
    config["scrape_configs"] = [
        _here(job, targets[job["job_name"]]) for job in config["scrape_configs"] if job["job_name"] in targets
    ]
    config.pop("alerting", None)
    if "alertmanager" in targets:
        addresses = [f"{HOST}:{targets['alertmanager']}"]
        config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": addresses}]}]}
    if interval:
        config["global"] |= dict.fromkeys(
            ("scrape_interval", "scrape_timeout", "evaluation_interval"), interval
        )
    return config


def local_alertmanager(root: Path) -> dict[str, Any]:
    """prometheus/alertmanager.yml with its routes, and receivers that call nobody."""
    config: dict[str, Any] = yaml.safe_load((root / "prometheus" / "alertmanager.yml").read_text())
    config["receivers"] = [{"name": receiver["name"]} for receiver in config["receivers"]]
    return config


def write(path: Path, config: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(dict(config), sort_keys=False))


def _here(job: dict[str, Any], port: int) -> dict[str, Any]:
    kept = {key: value for key, value in job.items() if key != "authorization"}
    return kept | {"static_configs": [{"targets": [f"{HOST}:{port}"]}]}


def _program(name: str) -> Path:
    if found := binaries.find(name):
        return found
    raise ServiceError(f"{name} is not installed: apt-get install prometheus prometheus-alertmanager")
