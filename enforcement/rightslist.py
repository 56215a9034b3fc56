"""Rights held in memory: a list small enough to search by plate."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from parking.ids import Plate, SectionId
from parking.rights import Right, RightKind


class ListedRights:
    """Answers `Rights` from a list; `kinds` names those of which the list is complete."""

    def __init__(self, rights: Iterable[Right], kinds: Iterable[RightKind]) -> None:
        self._kinds = frozenset(kinds)
        self._by_plate: dict[Plate, list[Right]] = defaultdict(list)
        for right in rights:
            self._by_plate[right.plate].append(right)

    def knows(self, kind: RightKind) -> bool:
        """Whether the list is complete for this kind."""
        return kind in self._kinds

    def find_right(self, plate: Plate, kind: RightKind, section_id: SectionId, at: datetime) -> Right | None:
        """Return the first right of that kind which holds there and then, or None."""
        for right in self._by_plate.get(plate, ()):
            holds_here = not right.section_ids or section_id in right.section_ids
            if right.kind is kind and holds_here and right.span.contains(at):
                return right
        return None
