"""Asks a Prometheus server what the operations of a running deployment did."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import urlopen

from monitoring.errors import BudgetError

TIMEOUT_SECONDS = 15


class Labels(NamedTuple):
    """The labels that every operation's series have."""

    kind: str
    operation: str
    operation_class: str


@dataclass(frozen=True, slots=True)
class Prometheus:
    """`window` is a duration in Prometheus' notation, `selector` more labels to match: `version="canary"`."""

    url: str
    window: str
    selector: str = ""

    def increase(self, metric: str, *more: str) -> dict[Labels, float]:
        """By how much a counter grew in the window, by operation. `more` are label matchers."""
        found: dict[Labels, float] = {}
        for labels, value in self._vector(metric, more, "kind, operation, class"):
            found[_labels(labels)] = value
        return found

    def buckets(self, metric: str) -> dict[Labels, dict[float, float]]:
        """A histogram's growth in the window: by operation, how many were at or under each bound."""
        found: dict[Labels, dict[float, float]] = {}
        for labels, value in self._vector(f"{metric}_bucket", (), "kind, operation, class, le"):
            found.setdefault(_labels(labels), {})[float(labels["le"])] = value
        return found

    def _vector(self, metric: str, more: tuple[str, ...], by: str) -> list[tuple[Mapping[str, str], float]]:
        matchers = ",".join(filter(None, (self.selector, *more)))
        answer = self._ask(f"sum by ({by}) (increase({metric}{{{matchers}}}[{self.window}]))")
        return [(series["metric"], float(series["value"][1])) for series in answer["data"]["result"]]

    def _ask(self, query: str) -> Any:
        address = f"{self.url.rstrip('/')}/api/v1/query?{urlencode({'query': query})}"
        try:
            with urlopen(address, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  (the scheme is checked by `address`)
                return json.load(answer)
        except HTTPError as error:
            told = error.read().decode("utf-8", "replace")
            raise BudgetError(f"Prometheus at {self.url} refused {query}: {told}") from error
        except (URLError, OSError, ValueError) as error:
            raise BudgetError(
                f"Prometheus at {self.url} cannot be asked: {error}; check the address"
            ) from error


def address(text: str) -> str:
    """`text`, if it is an address of the web. Raises ValueError if not."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{text!r} is no address like http://prometheus:9090")
    return text


def _labels(labels: Mapping[str, str]) -> Labels:
    return Labels(labels.get("kind", ""), labels.get("operation", ""), labels.get("class", ""))
