"""The rules over stays: from what is known of a berth to the acts that they find in it.

Only evidence moves the judgement: the present time is not an argument. A presence counts from the latest
possible arrival to the last moment at which the berth was heard occupied, so silence proves nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from enforcement.drafting import Bench, act_name, in_time, is_exempt, plate_doubts, violation_id, whose
from enforcement.hours import outside
from enforcement.kinds import Doubt, Draft, Stay
from enforcement.matching import match_sightings
from enforcement.rule import Rule, RuleKind
from parking.city import Berth, BerthKind
from parking.clock import local_day
from parking.ids import Plate
from parking.plates import find_plate
from parking.rights import BERTH_NEEDS, Energy
from parking.span import Span
from parking.states import Sighting


def judge_stay(
    bench: Bench, berth: Berth, stay: Stay, around: Sequence[Stay], sightings: Iterable[Sighting]
) -> list[Draft]:
    """Return the acts that the rules find in one stay by itself.

    `around` holds the stay and every other that could claim one of its sightings; `sightings` all that were
    made of the berth within its bounds, widened by the rulebook's slack.
    """
    if not stay.state.stands or stay.proven is None:
        return []
    own = match_sightings(around, sightings, bench.rulebook.slack).by_stay.get(stay.stay_id, [])
    drafts = []
    for rule in bench.rulebook.applying(berth, local_day(stay.arrived.latest_at, bench.zone)):
        judge = _JUDGES.get(rule.kind)
        seen = [each for each in own if each.confidence >= rule.plate_confidence]
        draft = judge(bench, rule, berth, stay, stay.proven, seen) if judge else None
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
    span = Span(start_at=proven.start_at + needed, end_at=proven.end_at)
    return _of_vehicle(bench, rule, berth, stay, span, seen, needed)


def _judge_outside_hours(
    bench: Bench, rule: Rule, berth: Berth, stay: Stay, proven: Span, seen: Sequence[Sighting]
) -> Draft | None:
    """Find a presence outside the permitted hours; of one that goes on for days, the first time counts."""
    for stretch in outside(proven, rule.hours, bench.zone):
        if stretch.length > rule.patience:
            within = [each for each in seen if stretch.start_at <= each.observed_at <= stretch.end_at]
            span = Span(start_at=stretch.start_at + rule.patience, end_at=stretch.end_at)
            return _of_vehicle(bench, rule, berth, stay, span, within, rule.patience)
    return None


def _judge_no_right(
    bench: Bench, rule: Rule, berth: Berth, stay: Stay, proven: Span, seen: Sequence[Sighting]
) -> Draft | None:
    """Find a plate without the right in a stay that is proven to outlast the waiting time.

    The act carries the name of its first sighting, so that it is the same act before and after the
    stay around it is known.
    """
    plate, own = whose(seen)
    if plate is None or proven.length <= rule.proof_needed(berth) or not _lacks_right(bench, berth, own):
        return None
    span = Span(start_at=proven.start_at + rule.proof_needed(berth), end_at=proven.end_at)
    return _draft(rule, berth, stay, act_name(seen), span, seen)


def _judge_arrears(
    bench: Bench, rule: Rule, berth: Berth, stay: Stay, proven: Span, seen: Sequence[Sighting]
) -> Draft | None:
    """Find a plate that comes back with more unpaid than the threshold: word for the operator."""
    plate, own = whose(seen)
    if plate is None or bench.owed.get(plate, 0) < rule.threshold_fen or proven.length < rule.patience:
        return None
    if is_exempt(bench, plate, berth.section_id, own[0].observed_at):
        return None
    return _draft(rule, berth, stay, stay.stay_id, proven, seen)


def _judge_ground_lock(
    _bench: Bench, rule: Rule, berth: Berth, stay: Stay, proven: Span, seen: Sequence[Sighting]
) -> Draft | None:
    """Suspect a lock where a sensor is covered for days and nobody ever read a plate."""
    if seen or proven.length <= rule.patience:
        return None
    span = Span(start_at=proven.start_at + rule.patience, end_at=proven.end_at)
    return _draft(rule, berth, stay, stay.stay_id, span, (), doubts=frozenset({Doubt.SUSPECTED}))


_Judge = Callable[[Bench, Rule, Berth, Stay, Span, Sequence[Sighting]], Draft | None]
_JUDGES: Mapping[RuleKind, _Judge] = {
    RuleKind.OVERSTAY: _judge_overstay,
    RuleKind.NO_RIGHT: _judge_no_right,
    RuleKind.OUTSIDE_HOURS: _judge_outside_hours,
    RuleKind.ARREARS: _judge_arrears,
    RuleKind.GROUND_LOCK: _judge_ground_lock,
}


def _of_vehicle(
    bench: Bench,
    rule: Rule,
    berth: Berth,
    stay: Stay,
    span: Span,
    seen: Sequence[Sighting],
    needed: timedelta,
) -> Draft | None:
    """Draft an act of whatever vehicle it is, unless that one is excused."""
    plate, own = whose(seen)
    if plate is not None and is_exempt(bench, plate, berth.section_id, own[0].observed_at):
        return None
    return _draft(rule, berth, stay, stay.stay_id, span, seen, needed=needed)


def _draft(
    rule: Rule,
    berth: Berth,
    stay: Stay | None,
    act: str,
    span: Span,
    seen: Sequence[Sighting],
    *,
    needed: timedelta = timedelta(),
    doubts: frozenset[Doubt] = frozenset(),
) -> Draft:
    plate, own = whose(seen)
    return Draft(
        violation_id=violation_id(rule, berth.berth_id, act),
        rule=rule,
        section_id=berth.section_id,
        berth=berth,
        position=berth.position,
        stay=stay,
        plate=plate,
        plate_colour=own[0].plate_colour if own else None,
        span=span,
        sightings=own,
        needed=needed,
        doubts=plate_doubts(seen, own) | doubts,
    )


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
                span = Span(start_at=seen.start_at + rule.patience, end_at=seen.end_at)
                doubts = frozenset({Doubt.NO_STAY})
                yield _draft(rule, berth, None, act_name(own), span, own, doubts=doubts)


def _acts(loose: Iterable[Sighting], bench: Bench) -> Iterator[list[Sighting]]:
    """Cut sightings into acts, in time order: one plate, no gap beyond the continuity."""
    by_plate: dict[Plate, list[Sighting]] = defaultdict(list)
    for sighting in sorted(loose, key=in_time):
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


def _lacks_right(bench: Bench, berth: Berth, own: Sequence[Sighting]) -> bool:
    """Whether the plate is known to be without what the berth asks for.

    An unreadable plate is not, nor is any plate while nobody has put such rights on record.
    """
    parsed, first = find_plate(own[0].plate), own[0]
    if parsed is None or is_exempt(bench, first.plate, berth.section_id, first.observed_at):
        return False
    if berth.kind is BerthKind.CHARGING:
        return parsed.energy is not Energy.NEV
    needed = BERTH_NEEDS[berth.kind]
    if not bench.rights.knows(needed):
        return False
    return bench.rights.find_right(first.plate, needed, berth.section_id, first.observed_at) is None
