"""The rules themselves: from what is known of a berth to the acts that they find in it.

Only evidence moves the judgement: the present time is not an argument. A presence counts from the latest
possible arrival to the last moment at which the berth was heard occupied, so silence proves nothing.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from enforcement.kinds import Doubt, Draft, Rule, RuleKind, Stay
from enforcement.matching import match_sightings
from enforcement.ports import Rights
from enforcement.rulebook import Rulebook
from parking.city import Berth, BerthKind
from parking.clock import local_day
from parking.ids import BerthId, Plate, ViolationId
from parking.plates import PlateColour, find_plate
from parking.rights import BERTH_NEEDS, Energy, RightKind
from parking.span import Span
from parking.states import Sighting

_NEV_COLOURS = {PlateColour.GREEN, PlateColour.YELLOW_GREEN}
_FUEL_COLOURS = {PlateColour.BLUE, PlateColour.YELLOW, PlateColour.BLACK, PlateColour.WHITE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the judges consult: the rules, the rights and the city's local time."""

    rulebook: Rulebook
    rights: Rights
    zone: ZoneInfo


def judge_stay(
    bench: Bench, berth: Berth, stay: Stay, around: Sequence[Stay], sightings: Iterable[Sighting]
) -> list[Draft]:
    """Return the acts that the rules find in one stay.

    `around` holds the stay and every other that could claim one of its sightings; `sightings` all that were
    made of the berth within its bounds, widened by the rulebook's slack.
    """
    if not stay.state.stands or stay.proven is None:
        return []
    own = match_sightings(around, sightings, bench.rulebook.slack).by_stay.get(stay.stay_id, [])
    drafts = []
    for rule in bench.rulebook.applying(berth, local_day(stay.arrived.latest_at, bench.zone)):
        seen = [each for each in own if each.confidence >= rule.plate_confidence]
        draft = _JUDGES[rule.kind](bench, rule, berth, stay, stay.proven, seen)
        if draft is not None:
            drafts.append(draft)
    return drafts


def judge_loose(
    bench: Bench, berth: Berth, stays: Sequence[Stay], sightings: Iterable[Sighting]
) -> list[Draft]:
    """Return the acts found in sightings that no stay holds; pass all sightings of one local day.

    Where no sensor vouches that an act goes on, it ends with its day.
    """
    loose = match_sightings(stays, sightings, bench.rulebook.slack).loose
    return list(_judge_acts(bench, berth, loose))


def _judge_overstay(
    bench: Bench, rule: Rule, berth: Berth, stay: Stay, proven: Span, seen: Sequence[Sighting]
) -> Draft | None:
    """Find a stay that is proven to last beyond the limit and the grace."""
    needed = rule.proof_needed(berth)
    if proven.length <= needed:
        return None
    plate, own = _whose(seen)
    if plate is not None and _is_exempt(bench, berth, own[0]):
        return None
    return Draft(
        violation_id=violation_id(rule, berth.berth_id, stay.stay_id),
        rule=rule,
        berth=berth,
        stay=stay,
        plate=plate,
        plate_colour=own[0].plate_colour if own else None,
        span=Span(start_at=proven.start_at + needed, end_at=proven.end_at),
        sightings=own,
        doubts=_plate_doubts(seen, own),
    )


def _judge_no_right(
    bench: Bench, rule: Rule, berth: Berth, stay: Stay, proven: Span, seen: Sequence[Sighting]
) -> Draft | None:
    """Find a plate without the right in a stay that is proven to outlast the waiting time.

    The act carries the name of its first sighting, so that it is the same act before and after the
    stay around it is known.
    """
    plate, own = _whose(seen)
    if plate is None or proven.length <= rule.proof_needed(berth) or not _lacks_right(bench, berth, own):
        return None
    return Draft(
        violation_id=violation_id(rule, berth.berth_id, _act_name(seen)),
        rule=rule,
        berth=berth,
        stay=stay,
        plate=plate,
        plate_colour=own[0].plate_colour,
        span=Span(start_at=proven.start_at + rule.proof_needed(berth), end_at=proven.end_at),
        sightings=own,
        doubts=_plate_doubts(seen, own),
    )


_Judge = Callable[[Bench, Rule, Berth, Stay, Span, Sequence[Sighting]], Draft | None]
_JUDGES: dict[RuleKind, _Judge] = {RuleKind.OVERSTAY: _judge_overstay, RuleKind.NO_RIGHT: _judge_no_right}


def _judge_acts(bench: Bench, berth: Berth, loose: Iterable[Sighting]) -> Iterator[Draft]:
    """Find plates without the right: seen twice or more, beyond the waiting time."""
    for act in _acts(loose, bench):
        on = local_day(act[0].observed_at, bench.zone)
        for rule in bench.rulebook.applying(berth, on):
            own = tuple(each for each in act if each.confidence >= rule.plate_confidence)
            if rule.kind is not RuleKind.NO_RIGHT or not own or not _lacks_right(bench, berth, own):
                continue
            seen = Span(start_at=own[0].observed_at, end_at=own[-1].observed_at)
            if seen.length > rule.patience:
                yield Draft(
                    violation_id=violation_id(rule, berth.berth_id, _act_name(own)),
                    rule=rule,
                    berth=berth,
                    stay=None,
                    plate=own[0].plate,
                    plate_colour=own[0].plate_colour,
                    span=Span(start_at=seen.start_at + rule.patience, end_at=seen.end_at),
                    sightings=own,
                    doubts=_plate_doubts(own, own) | {Doubt.NO_STAY},
                )


def _acts(loose: Iterable[Sighting], bench: Bench) -> Iterator[list[Sighting]]:
    """Cut sightings into acts, in time order: one plate, no gap beyond the continuity."""
    by_plate: dict[Plate, list[Sighting]] = defaultdict(list)
    for sighting in sorted(loose, key=_in_time):
        by_plate[sighting.plate].append(sighting)
    for sightings in by_plate.values():
        yield from _cut(sightings, bench.rulebook.continuity)


def _cut(sightings: Iterable[Sighting], longest_gap: timedelta) -> list[list[Sighting]]:
    acts: list[list[Sighting]] = []
    for sighting in sightings:
        if acts and sighting.observed_at - acts[-1][-1].observed_at <= longest_gap:
            acts[-1].append(sighting)
        else:
            acts.append([sighting])
    return acts


def _whose(seen: Sequence[Sighting]) -> tuple[Plate | None, tuple[Sighting, ...]]:
    """Tell the plate that was seen most, and its sightings in time order."""
    if not seen:
        return None, ()
    votes = Counter(each.plate for each in seen)
    plate = min(votes, key=lambda each: (-votes[each], each))
    return plate, tuple(sorted((each for each in seen if each.plate == plate), key=_in_time))


def _plate_doubts(seen: Sequence[Sighting], own: Sequence[Sighting]) -> frozenset[Doubt]:
    """Doubt the plate where others were seen in the same act, or a colour does not fit its text."""
    certain = len(own) == len(seen) and _colours_fit(own)
    return frozenset() if certain else frozenset({Doubt.PLATE})


def _colours_fit(own: Iterable[Sighting]) -> bool:
    """Whether no colour contradicts what the text of its plate says of the vehicle."""
    for sighting in own:
        parsed = find_plate(sighting.plate)
        if parsed is not None and sighting.plate_colour in _FUEL_COLOURS | _NEV_COLOURS:
            expected = _NEV_COLOURS if parsed.energy is Energy.NEV else _FUEL_COLOURS
            if sighting.plate_colour not in expected:
                return False
    return True


def _lacks_right(bench: Bench, berth: Berth, own: Sequence[Sighting]) -> bool:
    """Whether the plate is known to be without what the berth asks for.

    An unreadable plate is not, nor is any plate while nobody has put such rights on record.
    """
    parsed, first = find_plate(own[0].plate), own[0]
    if parsed is None or _is_exempt(bench, berth, first):
        return False
    if berth.kind is BerthKind.CHARGING:
        return parsed.energy is not Energy.NEV
    needed = BERTH_NEEDS[berth.kind]
    if not bench.rights.knows(needed):
        return False
    return bench.rights.find_right(first.plate, needed, berth.section_id, first.observed_at) is None


def _is_exempt(bench: Bench, berth: Berth, first: Sighting) -> bool:
    """Whether the vehicle is excused by what it is, or holds an exemption."""
    parsed = find_plate(first.plate)
    if parsed is not None and parsed.kind in bench.rulebook.excused:
        return True
    right = bench.rights.find_right(first.plate, RightKind.EXEMPT, berth.section_id, first.observed_at)
    return right is not None


def _in_time(sighting: Sighting) -> tuple[datetime, int]:
    return sighting.observed_at, sighting.seq


def _act_name(seen: Iterable[Sighting]) -> str:
    """Name an act after the first sighting that was decided on, by what it says.

    Its sequence number would not do: that depends on how other berths' messages were batched.
    """
    first = min(seen, key=lambda each: each.seq)
    return f"{first.observed_at.isoformat()}|{first.device_id}|{first.plate}"


def violation_id(rule: Rule, berth_id: BerthId, act: str) -> ViolationId:
    """Name an act, the same at every run; `act` is its stay or the name of its first sighting."""
    digest = hashlib.sha256(f"{rule.rule_id}|{berth_id}|{act}".encode()).hexdigest()
    return ViolationId(f"V-{digest[:20]}")
