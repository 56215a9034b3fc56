"""What enforcement needs to ask of others; `app/` decides who answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import NewType, Protocol

from parking.ids import Plate, SectionId
from parking.rights import Right, RightKind

# SHA-256 of the bytes, in hex: a blob's only name.
Digest = NewType("Digest", str)


class Rights(Protocol):
    """Knows what plates are entitled to."""

    def knows(self, kind: RightKind) -> bool:
        """Whether the rights of this kind are known here at all; else a plate without one proves nothing."""
        ...

    def find_right(self, plate: Plate, kind: RightKind, section_id: SectionId, at: datetime) -> Right | None:
        """Return a right of that kind which holds there and then, or None."""
        ...


class Blobs(Protocol):
    """Keeps bytes under their digest; what is there already is not written again."""

    def put(self, body: bytes) -> Digest:
        """Keep the bytes for good before returning; raises UnavailableError where that is impossible."""
        ...

    def find(self, digest: Digest) -> bytes | None:
        """Return the bytes, None where there are none; raises TamperedError when they were changed."""
        ...


class Post(Protocol):
    """Sends letters to other people's servers."""

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> str | None:
        """Send a letter; returns what went wrong on the way or there, None when it was taken."""
        ...
