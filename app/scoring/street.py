"""A stretch of simulated time through the real codecs, intake and belief, without sockets or a database.

The street process takes what has arrived several times a second; here it does so every `step`. What it then
publishes of a berth counts as published when the step's first message arrived that says so of the berth, and
what no message of the step says (silence, an end of doubt) at the end of the step.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np

from ingest.intake import Accepted, Intake
from occupancy.belief import Belief, Taken
from parking.city import City
from parking.ids import PARTITIONS, BerthId, Partition, ReadingId
from parking.readings import RawMessage, Rejected
from parking.states import BerthState, Sighting, Transition
from simulators.days import SimulatedDay, World, published_on
from simulators.messages import Encoder, Message
from simulators.stream import Stream

_STEP_MESSAGES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is played: warm-up from `begin_at`, counted from `from_at`, over at `until_at`."""

    begin_at: datetime
    from_at: datetime
    until_at: datetime
    step: timedelta


@dataclass(slots=True, kw_only=True)
class Words:
    """What one kind of device said of berths, in the order of arrival."""

    berth: list[int] = field(default_factory=list)
    observed_us: list[int] = field(default_factory=list)
    received_us: list[int] = field(default_factory=list)
    occupied: list[bool] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Played:
    """All that came out of a street. Berths are numbered as in the belief, by `berth_ids`."""

    berth_ids: Sequence[BerthId]
    days: dict[date, SimulatedDay] = field(default_factory=dict)
    shown_berth: list[int] = field(default_factory=list)
    shown_us: list[int] = field(default_factory=list)
    shown_state: list[int] = field(default_factory=list)
    words: dict[str, Words] = field(default_factory=lambda: defaultdict(Words))
    transitions: dict[BerthId, list[Transition]] = field(default_factory=lambda: defaultdict(list))
    sightings: dict[BerthId, list[Sighting]] = field(default_factory=lambda: defaultdict(list))
    sent: int = 0
    accepted: int = 0
    understood: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> int:
        """Messages that ended neither as a reading nor as a refusal with its reason."""
        return self.sent - self.accepted - self.understood - sum(self.rejected.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step took in and decided; `ids` stand beside `accepted`."""

    now: datetime
    ids: Sequence[ReadingId]
    accepted: Sequence[Accepted]
    taken: Taken


# Called after each step.
Watch = Callable[[Step, "ScoredStreet"], None]


class ScoredStreet:
    """The street core of one city, stepped through simulated time."""

    def __init__(self, city: City) -> None:
        self._intake = Intake(city)
        self.belief = Belief(city, {Partition(number): 0 for number in range(PARTITIONS)})
        self._index = {berth_id: number for number, berth_id in enumerate(self.belief.berth_ids)}
        self._shown = np.full(len(self._index), 2, dtype=np.int8)
        self._next_id = 1
        self.played = Played(berth_ids=self.belief.berth_ids)

    def step(self, messages: Sequence[Message], now: datetime) -> Step:
        """Take messages in and let time pass to `now`."""
        raws = [_raw(message) for message in messages]
        before = self._intake.without_reading
        accepted, rejected = self._intake.admit(raws)
        self._count(raws, accepted, rejected, self._intake.without_reading - before)
        ids = [ReadingId(self._next_id + place) for place in range(len(accepted))]
        self._next_id += len(ids)
        rows = [(each.berth_id, each.reading, each.raw.received_at) for each in accepted]
        readings = [each.reading for each in accepted]
        taken = self.belief.take(self.belief.evidence(ids, rows), readings, now)
        self._keep(accepted, taken)
        self._note_shown(accepted, now)
        return Step(now=now, ids=ids, accepted=accepted, taken=taken)

    def _count(
        self,
        raws: Sequence[RawMessage],
        accepted: Sequence[Accepted],
        rejected: Sequence[Rejected],
        understood: int,
    ) -> None:
        played = self.played
        played.sent += len(raws)
        # A message with several readings may be accepted and refused in part; it counts once.
        taken = {id(each.raw) for each in accepted}
        played.accepted += len(taken)
        played.understood += understood
        refused = {id(each.raw): each.reason.value for each in rejected if id(each.raw) not in taken}
        played.rejected.update(refused.values())

    def _keep(self, accepted: Iterable[Accepted], taken: Taken) -> None:
        played = self.played
        for transition in taken.transitions:
            played.transitions[transition.berth_id].append(transition)
        for sighting in taken.sightings:
            played.sightings[sighting.berth_id].append(sighting)
        for each in accepted:
            if each.reading.occupied is not None:
                words = played.words[each.reading.family]
                words.berth.append(self._index[each.berth_id])
                words.observed_us.append(_us(each.reading.observed_at))
                words.received_us.append(_us(each.raw.received_at))
                words.occupied.append(each.reading.occupied)

    def _note_shown(self, accepted: Iterable[Accepted], now: datetime) -> None:
        """Compare what is published now with what was."""
        now_us = _us(now)
        shown = self.belief.engine.shown(now_us)
        changed = np.flatnonzero(shown != self._shown)
        if not len(changed):
            return
        arrived: dict[tuple[int, bool | None], int] = {}
        for each in accepted:
            said = (self._index[each.berth_id], each.reading.occupied)
            arrived.setdefault(said, _us(each.raw.received_at))
        played = self.played
        for berth, state in zip(changed.tolist(), shown[changed].tolist(), strict=True):
            played.shown_berth.append(berth)
            is_known = state != BerthState.UNKNOWN
            said_us = arrived.get((berth, state == BerthState.OCCUPIED), now_us)
            played.shown_us.append(said_us if is_known else now_us)
            played.shown_state.append(state)
        self._shown = shown.copy()


def play(street: ScoredStreet, world: World, plan: Plan, watch: Watch) -> Played:
    """Play the whole plan; `watch` is called after every step."""
    played = street.played

    def generate(on: date) -> SimulatedDay:
        played.days[on] = published_on(world, on)
        return played.days[on]

    stream = Stream(generate, Encoder(world), world.zone)
    stream.seek(_us(plan.begin_at) // 1000)
    now = plan.begin_at
    while now < plan.until_at:
        now = min(now + plan.step, plan.until_at)
        watch(street.step(_until(stream, _us(now) // 1000), now), street)
    return played


def _until(stream: Stream, until_ms: int) -> list[Message]:
    """All messages before an instant; a new day may have to be opened on the way."""
    messages = stream.take(_STEP_MESSAGES, until_ms)
    while stream.count_until(until_ms):
        messages += stream.take(_STEP_MESSAGES, until_ms)
    return messages


def _raw(message: Message) -> RawMessage:
    received_at = datetime.fromtimestamp(message.publish_ms / 1000, UTC)
    return RawMessage(topic=message.topic, payload=message.payload, received_at=received_at)


def _us(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)
