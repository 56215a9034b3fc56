"""One plate in two places: stays that one vehicle cannot have made both."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from enforcement.drafting import Bench, is_exempt, plate_doubts, violation_id, whose
from enforcement.kinds import Doubt, Draft, Stay
from enforcement.rule import Rule, RuleKind
from parking.city import Berth
from parking.clock import local_day
from parking.geo import distance_m
from parking.ids import Plate
from parking.states import Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A stay with its berth and the sightings made in it."""

    stay: Stay
    berth: Berth
    seen: tuple[Sighting, ...]

    @property
    def stands(self) -> bool:
        """Whether anything may rest on the stay."""
        return self.stay.state.stands and self.stay.proven is not None


def judge_clones(bench: Bench, visits: Iterable[Visit]) -> Iterator[Draft]:
    """Find plates that were in two places at once, or faster than anybody drives.

    The later stay carries the act. Pass every visit of the plates concerned.
    """
    by_plate: dict[Plate, list[Visit]] = {}
    for visit in sorted(visits, key=_in_order):
        if visit.stands and visit.stay.plate is not None:
            by_plate.setdefault(visit.stay.plate, []).append(visit)
    for same in by_plate.values():
        for place, visit in enumerate(same):
            on = local_day(visit.stay.arrived.latest_at, bench.zone)
            for rule in bench.rulebook.applying(visit.berth, on):
                if rule.kind is RuleKind.CLONED_PLATE:
                    yield from _first(bench, rule, visit, same[:place])


def _first(bench: Bench, rule: Rule, visit: Visit, before: Sequence[Visit]) -> Iterator[Draft]:
    """Yield one draft at most: several earlier stays make no further act."""
    for earlier in before:
        draft = _judge(bench, rule, earlier, visit)
        if draft is not None:
            yield draft
            return


def _judge(bench: Bench, rule: Rule, earlier: Visit, later: Visit) -> Draft | None:
    plate, proven = later.stay.plate, later.stay.proven
    assert plate is not None  # noqa: S101  visits are grouped by plate
    assert proven is not None  # noqa: S101  those without proof do not stand
    mine, others = _confident(rule, later), _confident(rule, earlier)
    own, theirs = whose(mine)[1], whose(others)[1]
    both_read = bool(own) and bool(theirs) and own[0].plate == theirs[0].plate == plate
    if not both_read or not _is_impossible(rule, earlier, later):
        return None
    if is_exempt(bench, plate, later.berth.section_id, own[0].observed_at):
        return None
    # One reader's mistake at either place is enough to make two vehicles of one plate.
    read_twice = all(len({each.device_id for each in seen}) > 1 for seen in (own, theirs))
    doubts = frozenset() if read_twice else frozenset({Doubt.SUSPECTED})
    return Draft(
        violation_id=violation_id(rule, later.berth.berth_id, later.stay.stay_id),
        rule=rule,
        section_id=later.berth.section_id,
        berth=later.berth,
        position=later.berth.position,
        stay=later.stay,
        plate=plate,
        plate_colour=own[0].plate_colour,
        span=proven,
        sightings=own,
        needed=timedelta(),
        doubts=doubts | plate_doubts(mine, own) | plate_doubts(others, theirs),
        elsewhere=earlier.stay.stay_id,
    )


def _is_impossible(rule: Rule, earlier: Visit, later: Visit) -> bool:
    """Whether even at the earliest departure there and the latest arrival here nobody gets here in time."""
    metres = distance_m(earlier.berth.position, later.berth.position)
    proven = earlier.stay.proven
    if proven is None or metres < rule.least_metres:
        return False
    left_at = earlier.stay.departed_earliest_at or proven.end_at
    needed = timedelta(hours=metres / 1000 / rule.fastest_kmh)
    return later.stay.arrived.latest_at - left_at < needed


def _confident(rule: Rule, visit: Visit) -> list[Sighting]:
    return [each for each in visit.seen if each.confidence >= rule.plate_confidence]


def _in_order(visit: Visit) -> tuple[object, ...]:
    return visit.stay.arrived.latest_at, visit.stay.stay_id
