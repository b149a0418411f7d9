"""prometheus/ is accepted by the programs that read it and fits docker-compose.yml."""

import subprocess
from pathlib import Path

import pytest
import yaml

from devservices.binaries import find


@pytest.fixture
def compose(repository) -> dict:
    return yaml.safe_load((repository / "docker-compose.yml").read_text())


@pytest.fixture
def config(repository) -> dict:
    return yaml.safe_load((repository / "prometheus" / "prometheus.yml").read_text())


@pytest.fixture
def alertmanager(repository) -> dict:
    return yaml.safe_load((repository / "prometheus" / "alertmanager.yml").read_text())


def accepts(program: str, *arguments: str | Path) -> None:
    done = subprocess.run([find(program), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.needs("promtool")
def test_promtool_accepts_the_configuration(repository):
    accepts("promtool", "check", "config", "--syntax-only", repository / "prometheus" / "prometheus.yml")


@pytest.mark.needs("promtool")
def test_promtool_accepts_the_rules(repository):
    accepts("promtool", "check", "rules", *(repository / "prometheus" / "rules").glob("*.yml"))


@pytest.mark.needs("amtool")
def test_amtool_accepts_the_routing(repository):
    accepts("amtool", "check-config", repository / "prometheus" / "alertmanager.yml")


@pytest.mark.needs("amtool")
@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["alertname=LatencyBurnFast", "severity=critical", "class=list"], "page"),
        (["alertname=DatabaseConnections", "severity=critical"], "page"),
        (["alertname=QueryCountRegression", "severity=warning", "class=sync"], "ticket"),
        (["alertname=Watchdog", "severity=none"], "watchdog"),
    ],
)
def test_severity_decides_who_hears_of_it(repository, labels, receiver):
    routing = repository / "prometheus" / "alertmanager.yml"
    accepts(
        "amtool",
        "config",
        "routes",
        "test",
        f"--config.file={routing}",
        f"--verify.receivers={receiver}",
        *labels,
    )


def test_every_target_is_a_service_that_prometheus_reaches(compose, config):
    services = compose["services"]
    reach = set(services["prometheus"]["networks"])
    configs = [*config["scrape_configs"], *config["alerting"]["alertmanagers"]]
    targets = [
        target for each in configs for static in each["static_configs"] for target in static["targets"]
    ]
    hosts = {target.split(":")[0] for target in targets} - {"127.0.0.1"}
    assert hosts == {"web", "postgres-exporter", "redis-exporter", "alertmanager"}
    assert all(reach & set(services[host]["networks"]) for host in hosts)


def test_the_scrape_presents_the_token_that_compose_hands_it(compose, config):
    [job] = [job for job in config["scrape_configs"] if job["job_name"] == "tachograph"]
    [secret] = compose["services"]["prometheus"]["secrets"]
    assert job["authorization"] == {"credentials_file": f"/run/secrets/{secret['target']}"}
    assert compose["secrets"][secret["source"]] == {"environment": "METRICS_TOKEN"}


def test_each_receiver_posts_to_a_secret_address(compose, alertmanager):
    handed = {f"/run/secrets/{secret['target']}" for secret in compose["services"]["alertmanager"]["secrets"]}
    posts = [post for receiver in alertmanager["receivers"] for post in receiver["slack_configs"]]
    assert {post["api_url_file"] for post in posts} == handed
