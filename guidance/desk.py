"""What the routes and loops of one process share: the city, the board, and what is known of the signs."""

import hashlib
from dataclasses import dataclass, field
from typing import Self

from guidance.board import Board
from guidance.figures import Figures, Lines
from guidance.outlook import Outlook
from guidance.overrides import Overrides
from guidance.promises import Promises
from guidance.service.latest import LatestView
from guidance.signbook import SignBook
from guidance.signplan import SignPlan
from guidance.streets import Streets
from parking.city import City
from parking.clock import Clock


@dataclass(slots=True, kw_only=True)
class Desk:
    """Memory only. `figures`, `lines` and `outlook` are replaced as a whole, never changed in place.

    `layout` names the order and places of the berths: two cities with the same files have the same.
    """

    city: City
    clock: Clock
    board: Board
    latest: LatestView
    streets: Streets
    promises: Promises
    layout: str
    signs: SignBook
    overrides: Overrides
    plan: SignPlan
    figures: Figures = field(default_factory=Figures)
    lines: Lines = field(default_factory=Lines)
    outlook: Outlook | None = None

    @classmethod
    def of(cls, city: City, clock: Clock) -> Self:
        """Build the desk of a city of which nothing has been heard yet."""
        board, signs, overrides = Board(city), SignBook(), Overrides()
        streets = Streets(city, board)
        return cls(
            city=city,
            clock=clock,
            board=board,
            latest=LatestView(board.view(clock.now())),
            streets=streets,
            promises=Promises(len(board.section_ids)),
            layout=_layout(city),
            signs=signs,
            overrides=overrides,
            plan=SignPlan(city, board, streets, signs, overrides),
        )


def _layout(city: City) -> str:
    lines = (f"{b.berth_id},{b.section_id},{b.position.lon},{b.position.lat}" for b in city.berths.values())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8]
