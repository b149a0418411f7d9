"""The schema that the dashboards are held to is Grafana's own: made anew of npm's package, it is equal."""

import json
import subprocess

import pytest

PACKAGES = ["@grafana/schema@12.4.2", "ts-json-schema-generator@2.4.0"]
TYPES = "node_modules/@grafana/schema/dist/types/raw/dashboard/x/types.gen.d.ts"


@pytest.mark.needs("npm", "node")
def test_the_committed_schema_is_what_the_package_gives(repository, tmp_path):
    (tmp_path / "package.json").write_text("{}")
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", *PACKAGES]
    done = subprocess.run(install, cwd=tmp_path, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm cannot be reached from this machine: {done.stderr.strip().splitlines()[-1]}")
    generate = ["node_modules/.bin/ts-json-schema-generator", "--path", TYPES]
    options = ["--type", "Dashboard", "--no-type-check", "--jsDoc", "none", "--no-top-ref"]
    made = subprocess.run([*generate, *options], cwd=tmp_path, capture_output=True, text=True, check=True)
    committed = json.loads((repository / "tests" / "stack" / "grafana_dashboard.schema.json").read_text())
    assert json.loads(made.stdout) == {key: value for key, value in committed.items() if key != "$comment"}
