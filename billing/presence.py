"""Unbroken presences of vehicles in one berth, from the transitions of its state: a table, and moves on it.

Pure. `billing.stays` makes stays of them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final

from parking.span import Moment
from parking.states import BerthState, Transition, TransitionCause


class Note(StrEnum):
    """What is particular about a stay; `billing.stays` says what each means."""

    ARRIVAL_UNSEEN = "arrival_unseen"
    GAP_BRIDGED = "gap_bridged"
    GAP_BEFORE = "gap_before"
    GAP_AFTER = "gap_after"
    TWO_PLATES = "two_plates"
    UNREADABLE_PLATE = "unreadable_plate"
    CLOCK_DISORDER = "clock_disorder"
    NO_TARIFF = "no_tariff"


_UNSEEN: Final = frozenset({TransitionCause.FIRST_SEEN, TransitionCause.RETURN})


class _Phase(Enum):
    VACANT = "vacant"
    PARKED = "parked"
    LOST = "lost"  # was parked when silence began


@dataclass(slots=True)
class Presence:
    """A vehicle in the berth, as far as it is worked out; `last_proof_at` is set while silence lasts."""

    arrived: Moment
    arrival_seq: int
    notes: set[Note]
    last_proof_at: datetime | None = None
    silent_from_at: datetime | None = None
    departed: Moment | None = None
    departure_seq: int | None = None
    follows_gap: bool = False


def _open(presences: list[Presence], row: Transition) -> None:
    notes = {Note.ARRIVAL_UNSEEN} if row.cause in _UNSEEN else set()
    presences.append(Presence(arrived=row.moment, arrival_seq=row.seq, notes=notes))


def _close(presences: list[Presence], row: Transition) -> None:
    presences[-1].departed = row.moment
    presences[-1].departure_seq = row.seq


def _interrupt(presences: list[Presence], row: Transition) -> None:
    presences[-1].last_proof_at = row.moment.earliest_at
    presences[-1].silent_from_at = row.moment.latest_at


def _close_lost(presences: list[Presence], row: Transition) -> None:
    presences[-1].departed = _since_proof(presences[-1], row)
    presences[-1].departure_seq = row.seq


def _resume(presences: list[Presence], row: Transition) -> None:
    lost = presences[-1]
    if lost.silent_from_at is not None and row.moment.latest_at <= lost.silent_from_at:
        lost.last_proof_at = lost.silent_from_at = None
        return
    between = _since_proof(lost, row)
    lost.departed = between
    presences.append(
        Presence(arrived=between, arrival_seq=row.seq, notes={Note.ARRIVAL_UNSEEN}, follows_gap=True)
    )


def _nothing(_presences: list[Presence], _row: Transition) -> None:
    pass


# (phase, new state of the berth) -> (next phase, what happens to the stays)
_TABLE: Final[
    dict[tuple[_Phase, BerthState], tuple[_Phase, Callable[[list[Presence], Transition], None]]]
] = {
    (_Phase.VACANT, BerthState.FREE): (_Phase.VACANT, _nothing),
    (_Phase.VACANT, BerthState.OCCUPIED): (_Phase.PARKED, _open),
    (_Phase.VACANT, BerthState.UNKNOWN): (_Phase.VACANT, _nothing),
    (_Phase.PARKED, BerthState.FREE): (_Phase.VACANT, _close),
    (_Phase.PARKED, BerthState.OCCUPIED): (_Phase.PARKED, _nothing),
    (_Phase.PARKED, BerthState.UNKNOWN): (_Phase.LOST, _interrupt),
    (_Phase.LOST, BerthState.FREE): (_Phase.VACANT, _close_lost),
    (_Phase.LOST, BerthState.OCCUPIED): (_Phase.PARKED, _resume),
    (_Phase.LOST, BerthState.UNKNOWN): (_Phase.LOST, _nothing),
}


def effective(transitions: Iterable[Transition]) -> list[Transition]:
    """List the transitions that stand, in order of effect: a correction takes the place of what it corrects.

    A row is out of force as soon as another names it in `replaces_seq`. Several rows may replace one, and
    one whose `to_state` is its `from_state` replaces it by nothing.
    """
    rows = {row.seq: row for row in transitions}
    replaced = {row.replaces_seq for row in rows.values()}
    standing = [row for row in rows.values() if row.seq not in replaced and row.from_state != row.to_state]
    return sorted(standing, key=lambda row: _place(row, rows))


def _place(row: Transition, rows: Mapping[int, Transition]) -> tuple[int, ...]:
    """Sequence numbers from the first row of a chain of corrections to this one."""
    place = [row.seq]
    while row.replaces_seq is not None:
        place.append(row.replaces_seq)
        if row.replaces_seq not in rows:
            break
        row = rows[row.replaces_seq]
    return tuple(reversed(place))


def find_presences(rows: Iterable[Transition], floor_at: datetime | None) -> list[Presence]:
    """Walk the table; no presence is dated before `floor_at`, when the berth was still taken."""
    phase, presences = _Phase.VACANT, list[Presence]()
    for row in rows:
        phase, act = _TABLE[phase, row.to_state]
        act(presences, row)
    for presence in presences:
        _put_in_order(presence, floor_at)
        floor_at = presence.departed.earliest_at if presence.departed else None
    return presences


def _put_in_order(presence: Presence, floor_at: datetime | None) -> None:
    """Move times forward that lie before what must precede them."""
    arrived = presence.arrived if floor_at is None else _not_before(presence.arrived, floor_at)
    departed = presence.departed and _not_before(presence.departed, arrived.earliest_at)
    if presence.last_proof_at is not None:
        presence.last_proof_at = max(presence.last_proof_at, arrived.earliest_at)
    if arrived != presence.arrived or departed != presence.departed:
        presence.notes.add(Note.CLOCK_DISORDER)
    presence.arrived, presence.departed = arrived, departed


def _not_before(moment: Moment, at: datetime) -> Moment:
    return Moment(earliest_at=max(moment.earliest_at, at), latest_at=max(moment.latest_at, at))


def _since_proof(lost: Presence, row: Transition) -> Moment:
    proof_at = lost.last_proof_at or row.moment.earliest_at
    return Moment(earliest_at=proof_at, latest_at=max(proof_at, row.moment.latest_at))


def join(before: Presence, after: Presence) -> Presence:
    """Make one presence of two that a gap separated."""
    return Presence(
        arrived=before.arrived,
        arrival_seq=before.arrival_seq,
        notes=before.notes | (after.notes - {Note.ARRIVAL_UNSEEN}) | {Note.GAP_BRIDGED},
        last_proof_at=after.last_proof_at,
        silent_from_at=after.silent_from_at,
        departed=after.departed,
        departure_seq=after.departure_seq,
        follows_gap=before.follows_gap,
    )
