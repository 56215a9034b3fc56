"""One connection lent again and again, opened when it is first needed and again after it was lost."""

from collections.abc import Iterator
from contextlib import contextmanager

from parking.errors import UnavailableError
from parking.plumbing.database import Connection, connect, transaction


class OneConnection:
    """Lends to one thread at a time."""

    def __init__(self, url: str, service: str) -> None:
        self._url, self._service = url, service
        self._connection: Connection | None = None

    @contextmanager
    def __call__(self) -> Iterator[Connection]:
        """Lend the connection for one transaction."""
        if self._connection is None:
            self._connection = connect(self._url, self._service)
        try:
            with transaction(self._connection) as lent:
                yield lent
        except UnavailableError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
