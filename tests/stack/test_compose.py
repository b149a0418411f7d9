"""docker-compose.yml without a Docker engine: what it refers to exists, and is hardened."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

# A secret in Compose's environment must come from the environment, and its absence must be told.
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|_PASS$|REDISCLI_AUTH|_URL$")
FROM_ENVIRONMENT = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


@pytest.fixture
def text(repository) -> str:
    return (repository / "docker-compose.yml").read_text()


@pytest.fixture
def compose(text) -> dict:
    return yaml.safe_load(text)


def long_running(compose: dict) -> Iterator[tuple[str, dict]]:
    return ((name, service) for name, service in compose["services"].items() if service["restart"] != "no")


def names(value: list | dict | None) -> list[str]:
    """The names in a list or table of references, in Compose's short or long form."""
    return [item["source"] if isinstance(item, dict) else item for item in value or []]


def sources(service: dict) -> Iterator[str]:
    """What a service mounts: a named volume, or a path that begins with a dot."""
    return (mount.split(":")[0] for mount in service.get("volumes", []))


def environment(service: dict) -> dict[str, str]:
    return service.get("environment", {})


def test_it_follows_the_compose_specification(repository):
    checker = Path(sys.executable).with_name("check-jsonschema")
    argv = [checker, "--builtin-schema", "vendor.compose-spec", repository / "docker-compose.yml"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_has_every_part_of_the_stack(compose):
    application = {"web", "worker", "migrate", "postgres", "pgbouncer", "redis"}
    monitoring = {"prometheus", "alertmanager", "grafana", "postgres-exporter", "redis-exporter"}
    assert application | monitoring == set(compose["services"])


@pytest.mark.parametrize("section", ["networks", "secrets"])
def test_networks_and_secrets_are_declared_and_used(compose, section):
    used = {name for service in compose["services"].values() for name in names(service.get(section))}
    assert used == set(compose[section])


def test_volumes_are_declared_and_used(compose):
    used = {source for service in compose["services"].values() for source in sources(service)}
    assert {source for source in used if not source.startswith(".")} == set(compose["volumes"])


def test_mounted_files_and_build_contexts_exist(repository, compose):
    for name, service in compose["services"].items():
        for source in sources(service):
            assert not source.startswith(".") or (repository / source).exists(), f"{name}: {source}"
        if build := service.get("build"):
            assert (repository / build["context"] / build["dockerfile"]).is_file()
        assert "env_file" not in service


def test_services_wait_only_for_services_that_can_answer(compose):
    services = compose["services"]
    for service in services.values():
        for name, wait in service.get("depends_on", {}).items():
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in services[name]
            else:
                assert services[name]["restart"] == "no"


def test_a_service_reaches_each_host_that_its_environment_names(compose):
    services = compose["services"]
    for name, service in services.items():
        # the host of a URL; the schemeless host:port of the exporter
        values = " ".join(environment(service).values())
        hosts = set(re.findall(r"[@/]([a-z-]+):\d+", values)) | set(re.findall(r"^([a-z-]+):\d+/", values))
        for host in hosts:
            assert set(service["networks"]) & set(services[host]["networks"]), f"{name} cannot reach {host}"


def test_every_image_is_pinned(repository, compose):
    images = [service["image"] for service in compose["services"].values()]
    images += re.findall(r"^FROM (\S+)", (repository / "Dockerfile").read_text(), re.MULTILINE)
    for image in images:
        assert re.search(r":v?\d+\.\d+", image), f"{image}: name an exact version"


def test_every_long_running_service_has_a_health_check_and_comes_back(compose):
    for name, service in long_running(compose):
        assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, name
        assert service["restart"] == "unless-stopped", name


def test_nothing_runs_as_root_or_can_become_it(compose):
    for name, service in compose["services"].items():
        assert int(service["user"].split(":")[0]) > 0, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_the_root_file_system_is_read_only_save_where_compose_must_write_a_secret(compose):
    writable = {name for name, service in compose["services"].items() if not service["read_only"]}
    assert writable == {name for name, service in compose["services"].items() if "secrets" in service}


def test_ports_are_published_on_this_machine_only(compose):
    for name, service in compose["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_the_database_cache_and_exporters_have_no_way_out(compose):
    inside = {name for name, network in compose["networks"].items() if network.get("internal")}
    for name in (
        "postgres",
        "pgbouncer",
        "redis",
        "postgres-exporter",
        "redis-exporter",
        "migrate",
        "worker",
    ):
        assert set(compose["services"][name]["networks"]) <= inside, name


def test_the_web_server_cannot_reach_grafana_alertmanager_or_the_database_itself(compose):
    web = set(compose["services"]["web"]["networks"])
    for name in ("grafana", "alertmanager", "postgres"):
        assert not web & set(compose["services"][name]["networks"]), name


def test_no_secret_is_written_down(compose):
    for name, service in compose["services"].items():
        for key, value in environment(service).items():
            if SECRET.search(key) and "@" not in value:
                assert FROM_ENVIRONMENT.fullmatch(value), f"{name}: {key}"
            for credentials in re.findall(r"://\w*:(.*?)@", value):
                assert FROM_ENVIRONMENT.fullmatch(credentials), f"{name}: {key}"


def test_a_variable_has_a_default_or_says_what_to_do(text):
    for variable, kind, message in FROM_ENVIRONMENT.findall(text):
        assert kind == "-" or (kind == "?" and ".env" in message), variable


def test_the_example_environment_names_every_required_variable_and_holds_no_secret(repository, text, compose):
    example = dict(re.findall(r"^(\w+)=(.*)$", (repository / ".env.example").read_text(), re.MULTILINE))
    required = {variable for variable, kind, _ in FROM_ENVIRONMENT.findall(text) if kind == "?"}
    required |= {secret["environment"] for secret in compose["secrets"].values()}
    assert set(example) == required
    assert not any(example.values())
    manual = (repository / "docs" / "operations.md").read_text()
    assert [variable for variable in required if f"`{variable}`" not in manual] == []


def test_the_application_pools_through_pgbouncer_and_migrates_past_it(compose):
    by_name = {name: environment(compose["services"][name]) for name in ("web", "worker", "migrate")}
    for name in ("web", "worker"):
        assert by_name[name]["DB_POOLING"] == "pgbouncer"
        assert "@pgbouncer:6432/" in by_name[name]["DATABASE_URL"]
    assert by_name["migrate"]["DB_POOLING"] == "persistent"
    assert "@postgres:5432/" in by_name["migrate"]["DATABASE_URL"]


def test_web_and_worker_share_their_figures(compose):
    for name in ("web", "worker"):
        service = compose["services"][name]
        assert f"recorder:{service['environment']['TACHOGRAPH_DIR']}" in service["volumes"]
