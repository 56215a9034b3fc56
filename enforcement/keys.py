"""The two keys: an act leaves as actionable only when two devices, independently, prove it.

A key is a set of devices whose words alone prove the act. A berth sensor proves that the berth was taken
for so long. Looks (plates read, scenes observed) prove that one vehicle stood there: where the act needs
time, the same one must have been seen over that time, since a sensor that misses a departure would otherwise
bring a fine for the next driver. A device that is not proven healthy at that minute is no key.

Who the vehicle is needs two readers besides: a camera takes a letter for another the same way every time. The
second may be a squad that finds the vehicle there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from enforcement.evidencebody import write_evidence
from enforcement.healthbook import HealthBook, Verdict
from enforcement.kinds import Backing, Doubt, Draft, Violation, ViolationState
from enforcement.rule import OBSERVING, OF_ONE_VEHICLE
from parking.ids import DeviceId, ReadingId

Key = frozenset[DeviceId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one device said at one moment, and whether it counts."""

    device_id: DeviceId
    at: datetime
    sound: bool
    verdict: Verdict

    @property
    def counts(self) -> bool:
        """Whether a key may rest on it."""
        return self.sound and self.verdict is Verdict.HEALTHY


def weigh(
    draft: Draft,
    backing: Backing | None,
    unsound: frozenset[ReadingId],
    health: HealthBook,
    *,
    detected_at: datetime,
) -> Violation | None:
    """Turn a draft into a violation with its state, its doubts and its evidence.

    `unsound` names the readings of lesser quality among the sightings; they prove nothing. None where only
    devices in quarantine speak for the act.
    """
    statements, looks = _statements(backing, health), _looks(draft, unsound, health)
    keys = _keys(draft, statements, looks)
    words = [*statements, *looks]
    if not keys and any(each.verdict is Verdict.SICK for each in words):
        return None
    doubts = _doubts(draft, backing, words, keys, {each.device_id for each in looks if each.counts})
    return Violation(
        violation_id=draft.violation_id,
        rule_id=draft.rule.rule_id,
        addressee=draft.rule.addressee,
        state=ViolationState.LEAD if doubts else ViolationState.ACTIONABLE,
        berth_id=draft.berth.berth_id if draft.berth else None,
        section_id=draft.section_id,
        position=draft.position,
        stay_id=draft.stay.stay_id if draft.stay else None,
        observed=draft.rule.kind in OBSERVING,
        plate=draft.plate,
        plate_colour=draft.plate_colour,
        since_at=draft.span.start_at,
        until_at=draft.span.end_at,
        detected_at=detected_at,
        doubts=doubts,
        evidence=write_evidence(draft, backing, unsound, health, [sorted(key) for key in keys]),
    )


def _statements(backing: Backing | None, health: HealthBook) -> list[Word]:
    return [
        Word(
            device_id=each.device_id,
            at=each.observed_at,
            sound=each.sound,
            verdict=health.verdict(each.device_id, each.observed_at),
        )
        for each in (backing.statements if backing else ())
    ]


def _looks(draft: Draft, unsound: frozenset[ReadingId], health: HealthBook) -> list[Word]:
    said = [(each.device_id, each.observed_at, each.reading_id not in unsound) for each in draft.sightings]
    said += [(each.device_id, each.observed_at, not each.quality) for each in draft.observations]
    return [
        Word(device_id=device_id, at=at, sound=sound, verdict=health.verdict(device_id, at))
        for device_id, at, sound in said
    ]


def _doubts(
    draft: Draft,
    backing: Backing | None,
    words: Iterable[Word],
    keys: list[Key],
    readers: set[DeviceId],
) -> tuple[Doubt, ...]:
    found = set(draft.doubts)
    if len(keys) < 2:
        found.add(Doubt.SECOND_KEY)
        for word in words:
            if not word.sound:
                found.add(Doubt.UNSOUND)
            elif not word.counts:
                found.add(Doubt.DEVICE)
    elif _names_a_vehicle(draft) and len(readers) < 2 and not draft.confirmed:
        found.add(Doubt.ONE_READER)
    if backing is not None and backing.silent:
        found.add(Doubt.SILENCE)
    return tuple(doubt for doubt in Doubt if doubt in found)


def _names_a_vehicle(draft: Draft) -> bool:
    return draft.plate is not None or draft.rule.kind in OF_ONE_VEHICLE


def _keys(draft: Draft, statements: Iterable[Word], looks: Iterable[Word]) -> list[Key]:
    present = sorted({each.device_id for each in statements if each.counts})
    presence: list[Key] = [frozenset((device,)) for device in present]
    return _independent([*presence, *_look_keys(draft.needed, [each for each in looks if each.counts])])


def _look_keys(needed: timedelta, looks: list[Word]) -> Iterator[Key]:
    """Each device that proves the act by its own looks, then all of them together."""
    by_device: dict[DeviceId, list[Word]] = defaultdict(list)
    for look in looks:
        by_device[look.device_id].append(look)
    for device in sorted(by_device):
        if _proves(needed, by_device[device]):
            yield frozenset((device,))
    if len(by_device) > 1 and _proves(needed, looks):
        yield frozenset(by_device)


def _proves(needed: timedelta, looks: list[Word]) -> bool:
    if not needed:
        return bool(looks)
    seen_at = [each.at for each in looks]
    return bool(seen_at) and max(seen_at) - min(seen_at) > needed


def _independent(keys: list[Key]) -> list[Key]:
    """Two keys that share no device, or fewer where there are no two such."""
    for one, other in combinations(keys, 2):
        if one.isdisjoint(other):
            return [one, other]
    return keys[:1]
