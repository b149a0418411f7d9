"""`python -m devservices.with_servers COMMAND ...`: run it with a throw-away PostgreSQL and Redis.

Those that DATABASE_URL and REDIS_URL name are used instead. Ends with the command's exit code.
"""

import os
import subprocess
import sys

from .errors import ServiceError
from .session import throw_away_servers


def main() -> int:
    with throw_away_servers() as urls:
        return subprocess.run(sys.argv[1:], env={**os.environ, **urls}, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ServiceError as error:
        sys.exit(str(error))
