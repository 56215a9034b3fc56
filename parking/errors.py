"""The tree of errors that the outside world raises; street and user data are values instead.

Every adapter raises one of these `from` the driver's own error. Only the run loop retries, and only
what says that it may be retried.
"""

from pathlib import Path
from typing import ClassVar


class ParkingError(Exception):
    """Something outside our code is not as it must be."""

    retryable: ClassVar[bool] = False


class UnavailableError(ParkingError):
    """A server we need (database, broker) does not answer now; the same call may succeed later."""

    retryable = True


class SetupError(ParkingError):
    """The operator must change something before the command can work: one sentence, exit code 2."""


class FencedError(ParkingError):
    """Another worker has taken the partitions over: this one must stop writing."""


class SourceError(SetupError):
    """A file that people edit is wrong; the text names the file, the line and what was expected."""

    def __init__(self, path: Path | str, line: int, expected: str, chinese: str = "") -> None:
        super().__init__(f"{path}:{line}: {expected}")
        self.chinese = f"{path}:{line}：{chinese}" if chinese else str(self)
        self.path = str(path)
        self.line = line
        self.expected = expected
