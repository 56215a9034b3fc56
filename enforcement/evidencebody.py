"""What a violation rests on, as the JSON kept beside it: readings, sightings, observations by their keys."""

from collections.abc import Iterable, Sequence

from enforcement.healthbook import HealthBook
from enforcement.kinds import Backing, Draft, Evidence, JsonValue, Statement
from parking.ids import DeviceId, ReadingId
from parking.observations import Observation
from parking.span import Span, require_utc
from parking.states import Sighting


def write_evidence(
    draft: Draft,
    backing: Backing | None,
    unsound: frozenset[ReadingId],
    health: HealthBook,
    keys: Sequence[Sequence[DeviceId]],
) -> Evidence:
    """Write the evidence of a draft; `keys` are the devices of each key found."""
    body: Evidence = {
        "article": draft.rule.article,
        "proof_needed_s": int(_proof_needed(draft)),
        "keys": [[str(device) for device in key] for key in keys],
        "sightings": [_sighting(each, unsound) for each in _ends(draft.sightings)],
        "sighting_count": len(draft.sightings),
        "health": _health(draft, backing, health),
    }
    if draft.stay is not None and backing is not None and draft.stay.proven is not None:
        body["presence"] = _presence(draft.stay.proven, backing)
    if draft.observations:
        body["observations"] = [_observation(each) for each in _ends_observed(draft.observations)]
        body["observation_count"] = len(draft.observations)
    if draft.elsewhere is not None:
        body["elsewhere"] = draft.elsewhere
    return body


def _proof_needed(draft: Draft) -> float:
    needed = draft.rule.patience if draft.berth is None else draft.rule.proof_needed(draft.berth)
    return needed.total_seconds()


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


def _observation(observation: Observation) -> JsonValue:
    return {
        "observation": [observation.device_id, observation.boot, observation.seq],
        "scene": observation.scene.value,
        "device": observation.device_id,
        "at": require_utc(observation.observed_at).isoformat(),
        "confidence": round(observation.confidence, 3),
        "track": observation.track,
        "fleet": observation.fleet,
        "sound": not observation.quality,
    }


def _health(draft: Draft, backing: Backing | None, health: HealthBook) -> JsonValue:
    """What was known of each device at the last minute at which its word is used."""
    last = {
        each.device_id: each.observed_at
        for each in sorted(draft.said(backing), key=lambda each: each.observed_at)
    }
    found: list[JsonValue] = []
    for device_id in sorted(last):
        checkup = health.find_checkup(device_id, last[device_id])
        body: dict[str, JsonValue] = {
            "device": device_id,
            "verdict": health.verdict(device_id, last[device_id]).value,
        }
        if checkup is not None:
            body["as_of"] = require_utc(checkup.as_of).isoformat()
            body["accuracy"] = [
                round(each, 4) for each in (checkup.accuracy_low, checkup.accuracy, checkup.accuracy_high)
            ]
        found.append(body)
    return found


def _ends(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Each device's first and last sighting: a camera may look every minute, and the ends say it all."""
    by_device: dict[DeviceId, list[Sighting]] = {}
    for sighting in sightings:
        by_device.setdefault(sighting.device_id, []).append(sighting)
    chosen = {(each.partition, each.seq): each for seen in by_device.values() for each in (seen[0], seen[-1])}
    return [chosen[key] for key in sorted(chosen)]


def _ends_observed(observations: Iterable[Observation]) -> list[Observation]:
    by_device: dict[DeviceId, list[Observation]] = {}
    for each in observations:
        by_device.setdefault(each.device_id, []).append(each)
    chosen = {
        (each.device_id, each.boot, each.seq): each
        for seen in by_device.values()
        for each in (seen[0], seen[-1])
    }
    return [chosen[key] for key in sorted(chosen)]
