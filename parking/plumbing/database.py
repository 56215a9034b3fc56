"""PostgreSQL for services that own tables: one connection, short transactions, wake-ups.

psycopg's errors become ours here: lost servers may be retried, everything else is a bug and crashes.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from parking.errors import SetupError, UnavailableError

Connection = psycopg.Connection[tuple[Any, ...]]

_TABLE = re.compile(r"[a-z_]+")


def connect(url: str, service: str) -> Connection:
    """Open a connection in autocommit mode; raises UnavailableError when no server answers."""
    if not url:
        raise SetupError("CITYPARK_DATABASE_URL is not set: name the PostgreSQL server, or run `citypark up`")
    try:
        return psycopg.connect(
            url, autocommit=True, application_name=f"citypark-{service}", connect_timeout=5
        )
    except psycopg.OperationalError as error:
        raise UnavailableError(f"database does not answer: {_first_line(error)}") from error
    except psycopg.ProgrammingError as error:
        raise SetupError(f"CITYPARK_DATABASE_URL is not a database address: {_first_line(error)}") from error


@contextmanager
def server_needed() -> Iterator[None]:
    """Turn the driver's word for a lost server, in the block, into UnavailableError."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise UnavailableError(f"database was lost: {_first_line(error)}") from error


@contextmanager
def transaction(connection: Connection) -> Iterator[Connection]:
    """Run the block in one transaction; a lost server raises UnavailableError and nothing is kept."""
    with server_needed(), connection.transaction():
        yield connection


@contextmanager
def consistent_read(connection: Connection) -> Iterator[Connection]:
    """Run several reads on one unchanging view of the database."""
    with transaction(connection):
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield connection


def notify(connection: Connection, table: LiteralString) -> None:
    """Wake the readers of a table when the present transaction commits."""
    connection.execute("SELECT pg_notify(%s, '')", (f"citypark_{table}",))


class Wakeups:
    """Waits for changes of some tables, on a connection of its own. Truth is in the tables, not here."""

    def __init__(self, connection: Connection, tables: Sequence[str]) -> None:
        self._connection = connection
        for table in tables:
            if not _TABLE.fullmatch(table):
                raise ValueError(f"not a table name: {table!r}")
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(f"citypark_{table}")))

    def wait(self, timeout_s: float) -> bool:
        """Return True when something changed, False after the timeout; raises UnavailableError."""
        try:
            woken = False
            for _ in self._connection.notifies(timeout=timeout_s, stop_after=1):
                woken = True
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise UnavailableError(f"database was lost: {_first_line(error)}") from error
        return woken


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
