"""What the rules need to ask of others; `app/` decides who answers."""

from datetime import datetime
from typing import Protocol

from parking.ids import Plate, SectionId
from parking.rights import Right, RightKind


class Rights(Protocol):
    """Knows what plates are entitled to."""

    def knows(self, kind: RightKind) -> bool:
        """Whether the rights of this kind are known here at all; else a plate without one proves nothing."""
        ...

    def find_right(self, plate: Plate, kind: RightKind, section_id: SectionId, at: datetime) -> Right | None:
        """Return a right of that kind which holds there and then, or None."""
        ...
