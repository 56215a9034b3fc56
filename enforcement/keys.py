"""The two keys: an act leaves as actionable only when two devices, independently, prove it.

A key is a set of devices whose words alone prove the act. A berth sensor proves that the berth was taken
for so long. Plate sightings prove that one vehicle stood there: for an overstay the same plate must have
been seen over more than limit and grace, since a sensor that misses a departure would otherwise bring a
fine for the next driver.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import combinations

from enforcement.kinds import (
    Backing,
    Doubt,
    Draft,
    Evidence,
    JsonValue,
    RuleKind,
    Statement,
    Violation,
    ViolationState,
)
from parking.ids import DeviceId, ReadingId
from parking.span import Span, require_utc
from parking.states import Sighting

Key = frozenset[DeviceId]


def weigh(
    draft: Draft, backing: Backing | None, unsound: frozenset[ReadingId], *, detected_at: datetime
) -> Violation:
    """Turn a draft into a violation with its state, its doubts and its evidence.

    `unsound` names the readings of lesser quality among the sightings; they prove nothing.
    """
    statements = backing.statements if backing else ()
    sound_sightings = [each for each in draft.sightings if each.reading_id not in unsound]
    sound_statements = [each for each in statements if each.sound]
    keys = _independent([*_presence_keys(sound_statements), *_plate_keys(draft, sound_sightings)])
    excluded = len(sound_sightings) < len(draft.sightings) or len(sound_statements) < len(statements)
    found = set(draft.doubts)
    if len(keys) < 2:
        found |= {Doubt.SECOND_KEY, Doubt.UNSOUND} if excluded else {Doubt.SECOND_KEY}
    if backing is not None and backing.silent:
        found.add(Doubt.SILENCE)
    doubts = tuple(doubt for doubt in Doubt if doubt in found)
    return Violation(
        violation_id=draft.violation_id,
        rule_id=draft.rule.rule_id,
        state=ViolationState.LEAD if doubts else ViolationState.ACTIONABLE,
        berth_id=draft.berth.berth_id,
        section_id=draft.berth.section_id,
        stay_id=draft.stay.stay_id if draft.stay else None,
        plate=draft.plate,
        plate_colour=draft.plate_colour,
        since_at=draft.span.start_at,
        until_at=draft.span.end_at,
        detected_at=detected_at,
        doubts=doubts,
        evidence=_evidence(draft, backing, unsound, keys),
    )


def _presence_keys(statements: Iterable[Statement]) -> list[Key]:
    return [frozenset((device,)) for device in sorted({each.device_id for each in statements})]


def _plate_keys(draft: Draft, sightings: list[Sighting]) -> Iterator[Key]:
    """Each device that proves the act by its own sightings, then all of them together."""
    by_device: dict[DeviceId, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        by_device[sighting.device_id].append(sighting)
    for device in sorted(by_device):
        if _proves(draft, by_device[device]):
            yield frozenset((device,))
    if len(by_device) > 1 and _proves(draft, sightings):
        yield frozenset(by_device)


def _proves(draft: Draft, sightings: list[Sighting]) -> bool:
    if draft.rule.kind is not RuleKind.OVERSTAY:
        return bool(sightings)
    seen_at = [each.observed_at for each in sightings]
    return bool(seen_at) and max(seen_at) - min(seen_at) > draft.rule.proof_needed(draft.berth)


def _independent(keys: list[Key]) -> list[Key]:
    """Two keys that share no device, or fewer where there are no two such."""
    for one, other in combinations(keys, 2):
        if one.isdisjoint(other):
            return [one, other]
    return keys[:1]


def _evidence(
    draft: Draft, backing: Backing | None, unsound: frozenset[ReadingId], keys: list[Key]
) -> Evidence:
    body: Evidence = {
        "article": draft.rule.article,
        "proof_needed_s": int(draft.rule.proof_needed(draft.berth).total_seconds()),
        "keys": [sorted(map(str, key)) for key in keys],
        "sightings": [_sighting(each, unsound) for each in _first_and_last(draft.sightings)],
        "sighting_count": len(draft.sightings),
    }
    if draft.stay is not None and backing is not None and draft.stay.proven is not None:
        body["presence"] = _presence(draft.stay.proven, backing)
    return body


def _presence(proven: Span, backing: Backing) -> JsonValue:
    return {
        "from": require_utc(proven.start_at).isoformat(),
        "until": require_utc(proven.end_at).isoformat(),
        "transitions": [[partition, seq] for partition, seq in backing.transitions],
        "statements": [_statement(each) for each in backing.statements],
    }


def _statement(statement: Statement) -> JsonValue:
    return {
        "reading": statement.reading_id,
        "device": statement.device_id,
        "at": require_utc(statement.observed_at).isoformat(),
        "sound": statement.sound,
    }


def _sighting(sighting: Sighting, unsound: frozenset[ReadingId]) -> JsonValue:
    return {
        "sighting": [sighting.partition, sighting.seq],
        "reading": sighting.reading_id,
        "device": sighting.device_id,
        "at": require_utc(sighting.observed_at).isoformat(),
        "confidence": round(sighting.confidence, 3),
        "sound": sighting.reading_id not in unsound,
    }


def _first_and_last(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Each device's first and last sighting: a camera may look every minute, and the ends say it all."""
    by_device: dict[DeviceId, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        by_device[sighting.device_id].append(sighting)
    chosen = {(each.partition, each.seq): each for seen in by_device.values() for each in (seen[0], seen[-1])}
    return [chosen[key] for key in sorted(chosen)]
