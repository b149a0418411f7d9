"""A scrape of /metrics, by which all of these tests look."""

import time
from collections.abc import Callable, Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitoring.saturation.collector import PARTS
from tests.e2e.figures import Figures


@pytest.fixture(autouse=True)
def read_anew() -> Iterator[None]:
    """No reading is left from the test before."""
    for part in PARTS:
        part.forget()
    yield
    for part in PARTS:
        part.reading(time.monotonic() + 30)
        part.forget()


@pytest.fixture
def scrape(client, settings) -> Callable[..., Figures]:
    """scrape() gives the figures of /metrics; scrape(anew=True) without the readings of the last 5 s."""
    settings.ROOT_URLCONF = "monitoring.urls"
    settings.MIDDLEWARE = ["monitoring.middleware.RecorderMiddleware"]

    def scraped(anew: bool = False) -> Figures:
        if anew:
            for part in PARTS:
                part.forget()
        response = client.get("/metrics", REMOTE_ADDR="127.0.0.1")
        assert response.status_code == 200
        text = response.content.decode()
        samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        return Figures(samples, text)

    return scraped
