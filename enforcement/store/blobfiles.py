"""Evidence files on disk, each named after its SHA-256, so that a changed file cannot pass for itself."""

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Final

from enforcement.ports import Digest
from parking.errors import ParkingError, UnavailableError

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class TamperedError(ParkingError):
    """A file of evidence does not have the content that its name promises."""


class FileBlobs:
    """Blobs under `<directory>/<first two digits>/<digest>`, written whole or not at all.

    Folders are made when there is something to keep.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, body: bytes) -> Digest:
        """Write the bytes, have the disk confirm them, and only then give them their name."""
        digest = Digest(hashlib.sha256(body).hexdigest())
        path = self._path(digest)
        if path.exists():
            return digest
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).chmod(0o400)
            Path(file.name).replace(path)
            _sync_directory(path.parent)
        except OSError as error:
            raise UnavailableError(f"evidence cannot be written: {error}") from error
        return digest

    def find(self, digest: Digest) -> bytes | None:
        """Read the bytes and check them against their name."""
        try:
            body = self._path(digest).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnavailableError(f"evidence cannot be read: {error}") from error
        if hashlib.sha256(body).hexdigest() != digest:
            raise TamperedError(f"evidence {digest} was changed on disk")
        return body

    def _path(self, digest: Digest) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"not a SHA-256 in hex: {digest!r}")
        return self._directory / digest[:2] / digest


def _sync_directory(directory: Path) -> None:
    # The new name itself must survive a power cut.
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
