"""Connections lent to routes, each for one short transaction."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import psycopg
from psycopg_pool import ConnectionPool

from parking.errors import UnavailableError
from parking.plumbing.database import Connection, transaction

# A route that waits longer than this would hold a thread that others need.
PATIENCE_S = 2.0
MOST = 4

# The pool tells of every attempt of its own; the board's reader already says once that the server is lost.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)


class Loans(Protocol):
    """Lends a connection in a transaction of its own; raises UnavailableError when no server answers."""

    def __call__(self) -> AbstractContextManager[Connection]:
        """Open the loan; the transaction commits where the block ends without an error."""
        ...


class PooledLoans:
    """Lends out of a small pool that opens connections when they are first needed."""

    def __init__(self, url: str) -> None:
        self._pool: ConnectionPool[psycopg.Connection[tuple[Any, ...]]] = ConnectionPool(
            url,
            min_size=0,
            max_size=MOST,
            timeout=PATIENCE_S,
            max_idle=120,
            kwargs={"autocommit": True, "application_name": "citypark-guidance-api", "connect_timeout": 2},
            check=ConnectionPool.check_connection,
            open=False,
        )

    def open(self) -> None:
        """Start lending; no server needs to answer yet."""
        self._pool.open()

    def close(self) -> None:
        """Stop lending and let go of the connections."""
        self._pool.close()

    @contextmanager
    def __call__(self) -> Iterator[Connection]:
        """Lend a connection for the block."""
        try:
            with self._pool.connection() as connection, transaction(connection):
                yield connection
        except psycopg.OperationalError as error:
            raise UnavailableError(f"database does not answer: {str(error).strip()}") from error
