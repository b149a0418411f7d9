"""Write docs/conformance.md: `.venv-bench/bin/python -m tests.conformance`."""

import sys

from bench.report import write_between
from devservices.errors import ServiceError

from .columns import MARK, PAGE, environment, run, tables
from .tools import TOOLS


def main() -> None:
    if absent := [tool.label for tool in TOOLS.values() if not tool.installed()]:
        sys.exit(
            f"{', '.join(absent)} not installed here. `make bench ARGS=--help` makes .venv-bench, which "
            "has them: .venv-bench/bin/python -m tests.conformance"
        )
    with environment() as env:
        columns = {}
        for tool in TOOLS:
            print(f"  {tool} ...", file=sys.stderr, flush=True)
            columns[tool] = run(tool, env)
    write_between(PAGE, MARK, tables(columns))
    print(f"Written: {PAGE.name}", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except ServiceError as error:
        sys.exit(str(error))
