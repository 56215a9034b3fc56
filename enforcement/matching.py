"""Which sighting belongs to which stay. What could belong to two belongs to none."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from enforcement.kinds import Stay
from parking.ids import StayId
from parking.states import Sighting

_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Sightings by stay, and those outside every stay; in the order of decision."""

    by_stay: dict[StayId, list[Sighting]]
    loose: list[Sighting]


def match_sightings(stays: Iterable[Stay], sightings: Iterable[Sighting], slack: timedelta) -> Matched:
    """Give each sighting of one berth to the one stay that can hold it.

    A stay can hold what lies within its bounds widened by `slack`. Of several, the one whose proven span
    holds it wins; a void stay only keeps what no other can hold, so that nothing rests on it.
    """
    known = list(stays)
    by_stay: dict[StayId, list[Sighting]] = defaultdict(list)
    loose = []
    for sighting in sorted(sightings, key=lambda each: each.seq):
        candidates = [stay for stay in known if _can_hold(stay, sighting.observed_at, slack)]
        if not candidates:
            loose.append(sighting)
        elif (owner := _choose(candidates, sighting.observed_at)) is not None:
            by_stay[owner.stay_id].append(sighting)
    return Matched(by_stay=dict(by_stay), loose=loose)


def _can_hold(stay: Stay, at: datetime, slack: timedelta) -> bool:
    if at < stay.arrived.earliest_at - slack:
        return False
    return stay.departed_latest_at is None or at <= stay.departed_latest_at + slack


def _choose(candidates: Sequence[Stay], at: datetime) -> Stay | None:
    standing = [stay for stay in candidates if stay.state.stands] or candidates
    if len(standing) == 1:
        return standing[0]
    certain = [
        stay for stay in standing if stay.arrived.latest_at <= at <= (stay.departed_earliest_at or _FOREVER)
    ]
    return certain[0] if len(certain) == 1 else None
