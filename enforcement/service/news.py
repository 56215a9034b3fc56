"""What is new since the stored positions: stays, sightings, observations, findings of squads, rights."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from enforcement.store import facts, fieldwork, rights, scenes, violations
from parking.city import Berth
from parking.ids import BerthId, Partition, SectionId, StayId
from parking.plumbing.database import Connection
from parking.plumbing.feed import Positions, advance
from parking.rights import BERTH_NEEDS

STAYS: Final = "stays"
SIGHTINGS: Final = "sightings"
FIELD: Final = "field_actions"
RIGHTS: Final = "rights"
OBSERVATIONS: Final = "observations"
FEEDS: Final = (STAYS, SIGHTINGS, FIELD, RIGHTS, OBSERVATIONS)
# Rows a partition and feed in one transaction.
BATCH_LIMIT: Final = 50
OBSERVATION_LIMIT: Final = 500
# Feeds that are one sequence are kept under this partition.
ONE: Final = Partition(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What to judge again, and the positions behind it.

    `stay_ids` are stays in berths that have rules of their own, `others` those in any other berth; `places`
    are moments of berths to look at, `scenes` moments of sections in which something was observed.
    """

    stay_ids: frozenset[StayId]
    others: frozenset[StayId]
    places: tuple[tuple[BerthId, datetime], ...]
    scenes: tuple[tuple[SectionId, datetime], ...]
    positions: dict[str, Positions]
    taken: int


class Feeds:
    """The positions of every feed; `berths` are those that have rules of their own."""

    def __init__(self, connection: Connection, berths: Iterable[Berth]) -> None:
        self._berths = {str(berth.berth_id): berth for berth in berths}
        self._positions = {feed: violations.load_positions(connection, feed) for feed in FEEDS}

    def read(self, connection: Connection) -> News:
        """Read a batch of each feed. Sightings come first: the stays around them are then known."""
        sightings = facts.read_new_sightings(connection, self._positions[SIGHTINGS], BATCH_LIMIT)
        stays = facts.read_stay_changes(connection, self._positions[STAYS], BATCH_LIMIT)
        against = fieldwork.list_findings_after(connection, self._positions[FIELD][ONE])
        changed = rights.list_changed(connection, self._positions[RIGHTS][ONE])
        observed = scenes.list_new(connection, self._positions[OBSERVATIONS][ONE], OBSERVATION_LIMIT)
        named = [(StayId(row[3]), row[2]) for row in stays]
        named += [(row[2], row[3]) for row in against if row[2] is not None]
        named += self._concerned(connection, changed)
        places = [(row[2], row[3]) for row in sightings]
        places += [(row[3], row[4]) for row in against if row[2] is None and not row[7]]
        seen = [(row[1], row[2]) for row in observed]
        seen += [(row[5], row[6]) for row in against if row[7]]
        seen += rights.list_concerned_scenes(connection, changed)
        moved = {
            STAYS: [(row[0], row[1]) for row in stays],
            SIGHTINGS: [(row[0], row[1]) for row in sightings],
            FIELD: [(ONE, row[0]) for row in against],
            RIGHTS: [(ONE, row[0]) for row in changed],
            OBSERVATIONS: [(ONE, row[0]) for row in observed],
        }
        return News(
            stay_ids=frozenset(stay_id for stay_id, berth_id in named if berth_id in self._berths),
            others=frozenset(stay_id for stay_id, berth_id in named if berth_id not in self._berths),
            places=tuple(places),
            scenes=tuple(seen),
            positions={feed: advance(self._positions[feed], keys) for feed, keys in moved.items()},
            taken=sum(map(len, moved.values())),
        )

    def _concerned(
        self, connection: Connection, changed: Sequence[tuple[Any, ...]]
    ) -> list[tuple[StayId, str]]:
        """Stays that changed rights concern, and all in berths whose rights were not known before."""
        if not changed:
            return []
        new = rights.list_new_kinds(connection, self._positions[RIGHTS][ONE], changed[-1][0])
        berths = [each.berth_id for each in self._berths.values() if BERTH_NEEDS.get(each.kind) in new]
        return rights.list_concerned(connection, changed) + rights.list_lately(connection, berths)

    def save(self, connection: Connection, news: News) -> None:
        """Store the positions behind the news."""
        for feed, after in news.positions.items():
            violations.save_positions(connection, feed, self._positions[feed], after)

    def accept(self, news: News) -> None:
        """Go on behind the news; call when they are committed."""
        self._positions = news.positions
