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
    DISPUTED = "disputed"
    FOLLOWED = "followed"
    UNREADABLE_PLATE = "unreadable_plate"
    CLOCK_DISORDER = "clock_disorder"
    NO_TARIFF = "no_tariff"
    LAPSED = "lapsed"
    RELEASED = "released"
    SPLIT = "split"
    UNWITNESSED = "unwitnessed"
    PARTLY_WITNESSED = "partly_witnessed"


_UNSEEN: Final = frozenset({TransitionCause.FIRST_SEEN, TransitionCause.RETURN})


class _Phase(Enum):
    VACANT = "vacant"
    PARKED = "parked"
    LOST = "lost"  # was parked when silence began


@dataclass(slots=True)
class Presence:
    """A vehicle in the berth, as far as it is worked out; `last_proof_at` is set where silence ended it."""

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
    if row.cause is TransitionCause.CONFLICT:
        notes.add(Note.DISPUTED)
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


def root_of(row: Transition, rows: Mapping[int, Transition]) -> int:
    """The first statement that this row corrects, or its own place."""
    return _place(row, rows)[0]


def find_presences(rows: Iterable[Transition], vacated: Moment | None) -> list[Presence]:
    """Walk the table; `vacated` is the departure of the stay before, which these follow."""
    phase, presences = _Phase.VACANT, list[Presence]()
    for row in rows:
        phase, act = _TABLE[phase, row.to_state]
        act(presences, row)
    for presence in presences:
        _put_in_order(presence, vacated)
        vacated = presence.departed
    return presences


def _put_in_order(presence: Presence, vacated: Moment | None) -> None:
    """Move times forward that lie before what must precede them.

    The berth was taken at the latest arrival, so nobody left it before; and nobody came before the berth
    can have been left. What is certain of two stays therefore never overlaps.
    """
    arrived, departed = presence.arrived, presence.departed
    if vacated is not None:
        arrived = _not_before(arrived, vacated.earliest_at, vacated.earliest_at)
    if departed is not None:
        latest_at = max(arrived.latest_at, vacated.latest_at) if vacated else arrived.latest_at
        departed = _not_before(departed, arrived.latest_at, latest_at)
    if presence.last_proof_at is not None:
        presence.last_proof_at = max(presence.last_proof_at, arrived.latest_at)
    if _is_moved(presence.arrived, arrived) or _is_moved(presence.departed, departed):
        presence.notes.add(Note.CLOCK_DISORDER)
    presence.arrived, presence.departed = arrived, departed


def _not_before(moment: Moment, earliest_at: datetime, latest_at: datetime) -> Moment:
    return Moment(
        earliest_at=max(moment.earliest_at, earliest_at), latest_at=max(moment.latest_at, latest_at)
    )


def _is_moved(before: Moment | None, after: Moment | None) -> bool:
    """Whether a moment lay wholly before where it can be; bounds that only narrow are no disorder."""
    return before is not None and after is not None and before.latest_at != after.latest_at


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
