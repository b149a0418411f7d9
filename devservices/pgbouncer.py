"""A private pgBouncer in transaction mode before a PostgreSQL of ours."""

from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from . import binaries
from .errors import ServiceError
from .places import owned_folder, server_user
from .processes import HOST
from .server import Server, secret_file


class PgBouncer(Server):
    """Pools connections to the database of `database_url`; `url` is the same database, through the pool."""

    name = "pgBouncer"

    def __init__(self, folder: Path, database_url: str, pool_size: int = 20, port: int = 0) -> None:
        program = binaries.find("pgbouncer")
        if program is None:
            raise ServiceError("pgbouncer is not installed: apt-get install pgbouncer")
        self.program = program
        self.user = server_user()  # it refuses root, as PostgreSQL does
        self.pool_size = pool_size
        self._behind = urlsplit(database_url)
        super().__init__(owned_folder(folder / "pgbouncer", self.user), port)

    @property
    def url(self) -> str:
        behind = self._behind
        return f"postgres://{behind.username}:{behind.password}@{HOST}:{self.port}{behind.path}"

    def prepare(self) -> None:
        behind, name = self._behind, self._behind.path.lstrip("/")
        users = secret_file(self.folder / "users", f'"{behind.username}" "{behind.password}"\n', self.user)
        secret_file(
            self.folder / "pgbouncer.ini",
            f"[databases]\n{name} = host={behind.hostname} port={behind.port} dbname={name}\n"
            f"[pgbouncer]\nlisten_addr = {HOST}\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"auth_type = scram-sha-256\nauth_file = {users}\npool_mode = transaction\n"
            f"default_pool_size = {self.pool_size}\nmax_client_conn = 1000\n"
            "ignore_startup_parameters = extra_float_digits\n",
            self.user,
        )

    def command(self) -> list[str]:
        return [str(self.program), str(self.folder / "pgbouncer.ini")]

    def ready(self) -> bool:
        try:
            with psycopg.connect(self.url, connect_timeout=2, prepare_threshold=None):
                return True
        except psycopg.OperationalError:
            return False
