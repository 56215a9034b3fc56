"""The rules over area observations: what stands where it should not, by scene and section.

A vehicle is followed by its plate, or by the device's own name for it where none was read.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from enforcement.drafting import Bench, colour_fits, is_exempt, violation_id
from enforcement.kinds import Doubt, Draft
from enforcement.rule import Rule, RuleKind
from parking.city import Berth, Position
from parking.clock import local_day
from parking.ids import BerthId, SectionId
from parking.observations import Observation, Scene
from parking.plates import find_plate
from parking.span import Span

# Standing there is no offence in a marked berth: then the marking is what is wrong.
_UNLESS_MARKED: Final = frozenset({Scene.SIDEWALK, Scene.TACTILE_PAVING})


def judge_scenes(
    bench: Bench,
    berths: Mapping[BerthId, Berth],
    section_id: SectionId,
    observed: Sequence[Observation],
) -> list[Draft]:
    """Return the acts found in a section's observations of one local day, in the order in which they came."""
    drafts: list[Draft] = []
    for rule in bench.rulebook.observing():
        heard = [
            each
            for each in observed
            if each.confidence >= rule.plate_confidence
            and rule.observes(each.scene, local_day(each.observed_at, bench.zone))
        ]
        drafts += _JUDGES[rule.kind](bench, rule, berths, section_id, heard)
    return drafts


def _judge_seen(
    bench: Bench,
    rule: Rule,
    berths: Mapping[BerthId, Berth],
    section_id: SectionId,
    heard: Sequence[Observation],
) -> Iterator[Draft]:
    """Find vehicles in the scene for longer than the waiting time."""
    for act in _acts([each for each in heard if _accuses(each, berths)], bench, _by_vehicle):
        plate = next((each.plate for each in act if each.plate is not None), None)
        if plate is not None and is_exempt(bench, plate.plate, section_id, act[0].observed_at):
            continue
        doubts = set[Doubt]()
        if plate is None or find_plate(plate.plate) is None or not colour_fits(plate.plate, plate.colour):
            doubts.add(Doubt.PLATE)
        yield from _draft(rule, berths, section_id, act, _act_name(act), frozenset(doubts))


def _judge_obstacle(
    bench: Bench,
    rule: Rule,
    berths: Mapping[BerthId, Berth],
    section_id: SectionId,
    heard: Sequence[Observation],
) -> Iterator[Draft]:
    """Find things that keep a berth from being used."""
    for act in _acts([each for each in heard if each.berth_id], bench, _by_berth):
        yield from _draft(rule, berths, section_id, act, _act_name(act), frozenset())


def _judge_conflict(
    bench: Bench,
    rule: Rule,
    berths: Mapping[BerthId, Berth],
    section_id: SectionId,
    heard: Sequence[Observation],
) -> Iterator[Draft]:
    """Find berths marked over tactile paving, once a day each; who parks there did what the marking says."""
    for act in _acts([each for each in heard if each.berth_id], bench, _by_berth, whole_day=True):
        day = local_day(act[0].observed_at, bench.zone)
        yield from _draft(rule, berths, section_id, act, f"{act[0].berth_id}|{day}", frozenset())


def _judge_stray(
    bench: Bench,
    rule: Rule,
    berths: Mapping[BerthId, Berth],
    section_id: SectionId,
    heard: Sequence[Observation],
) -> Iterator[Draft]:
    """Find bicycles and shared vehicles outside their places: a report to who runs them, without a plate."""
    for act in _acts(heard, bench, _by_fleet):
        yield from _draft(rule, berths, section_id, act, _act_name(act), frozenset())


_Judge = Callable[[Bench, Rule, Mapping[BerthId, Berth], SectionId, Sequence[Observation]], Iterator[Draft]]
_JUDGES: Mapping[RuleKind, _Judge] = {
    RuleKind.SEEN: _judge_seen,
    RuleKind.OBSTACLE: _judge_obstacle,
    RuleKind.BERTH_CONFLICT: _judge_conflict,
    RuleKind.STRAY_CYCLE: _judge_stray,
}


def _find_berth(observation: Observation, berths: Mapping[BerthId, Berth]) -> Berth | None:
    return None if observation.berth_id is None else berths.get(observation.berth_id)


def _accuses(observation: Observation, berths: Mapping[BerthId, Berth]) -> bool:
    """Whether the scene is an offence where it was seen, by what the city's files say of the berth."""
    berth = _find_berth(observation, berths)
    if observation.scene in _UNLESS_MARKED:
        return observation.berth_id is None
    if observation.scene is Scene.CLOSED_BERTH:
        return berth is not None and berth.closed
    return True


def _draft(
    rule: Rule,
    berths: Mapping[BerthId, Berth],
    section_id: SectionId,
    act: Sequence[Observation],
    name: str,
    doubts: frozenset[Doubt],
) -> Iterator[Draft]:
    seen = Span(start_at=act[0].observed_at, end_at=act[-1].observed_at)
    if seen.length < rule.patience:
        return
    berth = next(filter(None, (_find_berth(each, berths) for each in act)), None)
    plate = next((each.plate for each in act if each.plate is not None), None)
    is_vehicle = rule.kind is RuleKind.SEEN
    yield Draft(
        violation_id=violation_id(rule, section_id, name),
        rule=rule,
        section_id=section_id,
        berth=berth,
        position=_position(act, berth),
        stay=None,
        plate=plate.plate if plate and is_vehicle else None,
        plate_colour=plate.colour if plate and is_vehicle else None,
        span=Span(start_at=seen.start_at + rule.patience, end_at=seen.end_at),
        observations=tuple(act),
        needed=rule.patience,
        doubts=doubts,
    )


def _position(act: Iterable[Observation], berth: Berth | None) -> Position | None:
    stated = next((each.position for each in act if each.position is not None), None)
    return stated or (berth.position if berth else None)


def _acts(
    heard: Iterable[Observation],
    bench: Bench,
    subject: Callable[[Observation], tuple[str, ...]],
    *,
    whole_day: bool = False,
) -> Iterator[list[Observation]]:
    """Cut observations into acts, in time order: one scene and subject, no gap beyond the continuity."""
    by_subject: dict[tuple[str, ...], list[Observation]] = defaultdict(list)
    for each in sorted(heard, key=_in_time):
        by_subject[each.scene, *subject(each)].append(each)
    for same in by_subject.values():
        act: list[Observation] = []
        for each in same:
            if act and not whole_day and each.observed_at - act[-1].observed_at > bench.rulebook.continuity:
                yield act
                act = []
            act.append(each)
        yield act


def _by_vehicle(observation: Observation) -> tuple[str, ...]:
    if observation.plate is not None:
        return ("plate", observation.plate.plate)
    return ("track", observation.device_id, observation.track)


def _by_berth(observation: Observation) -> tuple[str, ...]:
    return (str(observation.berth_id),)


def _by_fleet(observation: Observation) -> tuple[str, ...]:
    # Bicycles have no names: those of one operator that one device sees in one place are one report.
    return (observation.fleet, observation.device_id, observation.track)


def _act_name(act: Sequence[Observation]) -> str:
    """Name an act after its first observation, by what it says."""
    first = act[0]
    subject = first.plate.plate if first.plate else first.track
    return f"{first.scene}|{first.observed_at.isoformat()}|{first.device_id}|{subject}"


def _in_time(observation: Observation) -> tuple[object, ...]:
    return observation.observed_at, observation.device_id, observation.boot, observation.seq
