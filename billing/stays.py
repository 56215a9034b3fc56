"""From what is believed of a berth, and the plates seen in it, to stays: pure.

Theory of operation. A `History` holds the transitions and sightings of one berth since it was last surely
vacant. `derive` works out its stays from nothing else, in three steps:

1. Transitions drive the table of `billing.presence`, in order of effect: a corrected row stands where the
   first row that it corrects stood. A stay opens when the berth becomes OCCUPIED and closes when it becomes
   FREE. UNKNOWN interrupts it: it is not charged beyond the last proof. If the next evidence is dated
   before the silence began, only the wire was silent and the stay goes on. Otherwise FREE closes it, with
   a departure at any time since the last proof; OCCUPIED leaves a gap: a second stay begins.
2. Each sighting goes to the stay in whose time it lies, up to a minute before the arrival
   (`billing.sightings`). The best confidence gives the plate.
3. Gaps are resolved by plates that are sure on both sides: the same plate makes one continuous stay,
   different plates make two. Without such proof both stays are held.

Outcomes, as notes on the stay:

    arrival_unseen   the arrival itself was not observed: the berth was not known before
    gap_bridged      one plate before and after a gap: one stay
    gap_before/after held: one vehicle or two, nobody can say
    followed         one car took the berth behind another before the sensor cleared (`billing.followers`)
    disputed         held: the sensor alone says that a vehicle came, and a camera denies it
    two_plates       held: two different plates were surely read while the berth never became free, and
                     there is no proof that one followed the other
    unreadable_plate a plate was read that no plate can be; it is not used
    clock_disorder   times ran backwards and were moved forward to where they are possible: in the driver's
                     favour, and a stay that would end before it begins has no length
    no_tariff        held: no tariff has a price for it (added when it is rated)
    lapsed           silence lasted too long (`BillingService`): it ends at the last proof, and what comes
                     after is a stay of its own
    released, split  by a person's decision (`billing.decisions`), who may also void a stay
    unwitnessed      only a sensor saw it, and nobody named a plate: nothing is charged until somebody does
    partly_witnessed only a sensor saw it: charged for the time that its plate proves (`billing.witnesses`)

A held stay is not charged. A stay is charged from its latest arrival to its earliest departure.

Because stays follow from the history alone, late readings, corrections and sightings are nothing special:
the history is read again from before the first affected moment, and what came out differently is booked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from billing.decisions import Decision, Verb, end_silent, find_verdict, release, split_decided
from billing.followers import split_followers
from billing.presence import Note, Presence, effective, find_presences, join
from billing.sightings import PlateRead, Reads, read_plates, share_out
from billing.witnesses import find_witnessed
from parking.ids import BerthId, StayId
from parking.span import Moment, Span
from parking.states import Sighting, Transition


class StayState(StrEnum):
    """What has become of a stay."""

    OPEN = "open"
    CLOSED = "closed"
    HELD = "held"
    VOID = "void"


HOLDS: Final = frozenset({
    Note.GAP_BEFORE, Note.GAP_AFTER, Note.TWO_PLATES, Note.DISPUTED, Note.NO_TARIFF,
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One vehicle in one berth. `departed_earliest_at` alone means: interrupted, last proof then.

    `departure_seq` is the transition to FREE that ended it, None while it runs and where a gap ended it.
    """

    stay_id: StayId
    berth_id: BerthId
    arrived: Moment
    arrival_seq: int
    departed_earliest_at: datetime | None = None
    departed_latest_at: datetime | None = None
    departure_seq: int | None = None
    read: PlateRead | None = None
    notes: frozenset[Note] = frozenset()
    is_void: bool = False
    witnessed: Span | None = None  # nothing else of it is charged

    @property
    def state(self) -> StayState:
        """Held wins over open and closed: nothing is charged until the doubt is gone."""
        if self.is_void:
            return StayState.VOID
        if self.notes & HOLDS:
            return StayState.HELD
        return StayState.OPEN if self.departed_latest_at is None else StayState.CLOSED

    def charged(self, proof_at: datetime | None = None) -> Span:
        """Time that is charged; of a stay that runs, as far as it is proven. Empty where none is certain."""
        end_at = self.departed_earliest_at or proof_at or self.arrived.latest_at
        start_at = self.arrived.latest_at
        if self.witnessed is not None:
            start_at, end_at = max(start_at, self.witnessed.start_at), min(end_at, self.witnessed.end_at)
        return Span(start_at=start_at, end_at=max(start_at, end_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A stay that surely ended in a vacant berth; a history begins behind it."""

    stay_id: StayId
    departure_seq: int
    departed: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that is known of one berth since `anchor`, or ever where there is none; in any order.

    Where it `needs_witness`, a sensor's word alone charges nobody.
    """

    berth_id: BerthId
    anchor: Anchor | None = None
    transitions: tuple[Transition, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    decisions: tuple[Decision, ...] = ()
    needs_witness: bool = False


def apply(history: History, event: Transition | Sighting) -> tuple[History, tuple[Stay, ...]]:
    """Take one row in; returns the longer history and all stays that follow from it."""
    if isinstance(event, Transition):
        history = replace(history, transitions=(*history.transitions, event))
    else:
        history = replace(history, sightings=(*history.sightings, event))
    return history, derive(history)


def derive(history: History) -> tuple[Stay, ...]:
    """Work out the stays of a history, in order; they depend on its rows only, not on when those came."""
    anchor = history.anchor
    presences = find_presences(effective(history.transitions), anchor.departed if anchor else None)
    if history.decisions:
        presences = end_silent(presences, history.decisions)
    reads = share_out(
        history.sightings,
        [(presence.arrived, presence.departed, presence.follows_gap) for presence in presences],
        anchor.departed.latest_at if anchor else None,
    )
    vehicles = [
        part
        for presence, sighted in zip(presences, reads, strict=True)
        for part in split_followers(presence, sighted)
    ]
    if history.decisions:
        vehicles = split_decided(vehicles, history.decisions)
    return _name(history, _resolve_gaps(vehicles))


def changes(known: Mapping[StayId, Stay], derived: Sequence[Stay], seqs: Iterable[int]) -> list[Stay]:
    """List the stays that are new or different, and those that vanished, as void.

    `seqs` are the transitions of the history: a known stay whose arrival is not among them was derived
    from rows that are no longer kept, and stands.
    """
    now = {stay.stay_id for stay in derived}
    kept = frozenset(seqs)
    gone = [
        replace(stay, is_void=True)
        for stay in known.values()
        if stay.stay_id not in now and stay.arrival_seq in kept and not stay.is_void
    ]
    return gone + [stay for stay in derived if _as_derived(known.get(stay.stay_id)) != stay]


def _resolve_gaps(parts: Sequence[tuple[Presence, Reads]]) -> list[tuple[Presence, Reads]]:
    """Join what one plate proves to be one stay; mark as held what nothing proves."""
    joined = list[tuple[Presence, Reads]]()
    for presence, sighted in parts:
        if not presence.follows_gap or Note.LAPSED in joined[-1][0].notes:
            joined.append((presence, sighted))
            continue
        before, reads = joined[-1]
        one, other = read_plates(reads), read_plates(sighted)
        if one.sure is None or other.sure is None:
            before.notes.add(Note.GAP_AFTER)
            presence.notes.add(Note.GAP_BEFORE)
            joined.append((presence, sighted))
        elif one.sure == other.sure:
            joined[-1] = (join(before, presence), (*reads, *sighted))
        else:
            joined.append((presence, sighted))
    return joined


def _name(history: History, parts: Iterable[tuple[Presence, Reads]]) -> tuple[Stay, ...]:
    stays = list[Stay]()
    before = history.anchor.stay_id if history.anchor else StayId("")
    for presence, sighted in parts:
        before = stay_id_of(history.berth_id, presence.arrived.latest_at, before)
        verdict = find_verdict(history.decisions, before)
        if verdict is None or verdict.verb is not Verb.VOID:
            stays.append(_stay(before, history, presence, sighted, verdict))
    return tuple(stays)


def _stay(
    stay_id: StayId, history: History, presence: Presence, sighted: Reads, verdict: Decision | None
) -> Stay:
    departed, plates = presence.departed, read_plates(sighted)
    notes, read = presence.notes | ({Note.TWO_PLATES} if plates.are_two else set()), plates.best
    notes |= {Note.UNREADABLE_PLATE} if plates.has_unreadable else set()
    if verdict is not None:
        notes, read = release(verdict, notes, read, sighted)
    witnessed = None
    if history.needs_witness and verdict is None:
        witnessed = find_witnessed(presence, sighted, read.plate if read else None)
    if witnessed is not None:
        is_empty = witnessed.start_at == witnessed.end_at
        notes = notes | {Note.UNWITNESSED if is_empty else Note.PARTLY_WITNESSED}
    return Stay(
        stay_id=stay_id,
        berth_id=history.berth_id,
        arrived=presence.arrived,
        arrival_seq=presence.arrival_seq,
        departed_earliest_at=departed.earliest_at if departed else presence.last_proof_at,
        departed_latest_at=departed.latest_at if departed else None,
        departure_seq=presence.departure_seq,
        read=read,
        notes=frozenset(notes),
        witnessed=witnessed,
    )


def stay_id_of(berth_id: BerthId, arrived_at: datetime, before: StayId) -> StayId:
    """Name a stay after its berth and arrival; counted on where the stay `before` has the same name."""
    at = arrived_at.astimezone(UTC)
    name = f"{berth_id}-{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03d}Z"
    if before == name:
        return StayId(f"{name}.2")
    if before.startswith(f"{name}."):
        return StayId(f"{name}.{int(before.removeprefix(f'{name}.')) + 1}")
    return StayId(name)


def _as_derived(stay: Stay | None) -> Stay | None:
    """The stay without what rating added to it."""
    return stay and replace(stay, notes=stay.notes - {Note.NO_TARIFF})
