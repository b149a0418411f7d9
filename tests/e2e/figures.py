"""What /metrics shows, as numbers that can be summed, subtracted and waited for."""

import time
import urllib.request
from collections.abc import Callable
from typing import Self

from prometheus_client.parser import text_string_to_metric_families

Sample = tuple[str, frozenset[tuple[str, str]]]


class Figures:
    """One scrape: a value for each sample."""

    def __init__(self, samples: dict[Sample, float], text: str = "") -> None:
        self.samples = samples
        self.text = text

    def total(self, name: str, **labels: str) -> float:
        """The sum of the samples called `name` that carry `labels` (`class_` is the label `class`)."""
        wanted = {(key.rstrip("_"), value) for key, value in labels.items()}
        return sum(value for (found, has), value in self.samples.items() if found == name and wanted <= has)

    def by(self, name: str, *labels: str, **only: str) -> dict[tuple[str, ...], float]:
        """The samples called `name` with the labels `only`, summed by `labels`; without those that are 0."""
        wanted = {(key.rstrip("_"), value) for key, value in only.items()}
        found: dict[tuple[str, ...], float] = {}
        for (known, has), value in self.samples.items():
            if known == name and wanted <= has and value:
                key = tuple(dict(has)[label] for label in labels)
                found[key] = found.get(key, 0) + value
        return found

    def __sub__(self, earlier: Self) -> "Figures":
        return Figures({key: value - earlier.samples.get(key, 0.0) for key, value in self.samples.items()})

    def counters(self) -> dict[Sample, float]:
        """The samples that may never fall."""
        rising = ("_total", "_bucket", "_count", "_sum")
        return {key: value for key, value in self.samples.items() if key[0].endswith(rising)}


def scrape(url: str) -> Figures:
    with urllib.request.urlopen(url, timeout=10) as answer:
        text = answer.read().decode()
    samples = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    return Figures(samples, text)


def until(figures: Callable[[], Figures], true: Callable[[Figures], bool], seconds: float = 10) -> Figures:
    """Scrape until `true(figures)`; AssertionError when it is not after `seconds`. Returns the last scrape.

    A response may reach its client a moment before the server's last hand on it, as a stream's end does.
    """
    deadline = time.monotonic() + seconds
    while not true(found := figures()):
        assert time.monotonic() < deadline, f"not within {seconds} s; the last scrape:\n{found.text}"
        time.sleep(0.02)
    return found
