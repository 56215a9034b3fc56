"""Where a person decides about a stay in doubt: checks what is asked, and records it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.decisionlog import add_decision, decisions_of
from billing.decisions import Decision, Verb
from billing.presence import Note
from billing.reading import find_stay
from billing.sightings import ARRIVAL_SLACK, plain_plate
from billing.stays import HOLDS, Stay, StayState
from parking.errors import ParkingError
from parking.ids import Plate
from parking.plumbing.database import Connection

LIST_PLATES = """
SELECT plate FROM sightings
WHERE berth_id = %s AND observed_at >= %s AND (%s::timestamptz IS NULL OR observed_at <= %s)"""
# What only another text of the tariff can settle.
_BY_TARIFF: Final = frozenset({Note.NO_TARIFF})


class NoStayError(ParkingError):
    """There is no stay of this name."""


class DecisionRefusedError(ParkingError):
    """What was asked makes no sense for this stay; the text says why and what would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants decided: `at` of a split, `plate` of a release where several were read."""

    verb: Verb
    reason: str
    at: datetime | None = None
    plate: str | None = None


def decide(connection: Connection, stay_id: str, wish: Wish, by: str, now: datetime) -> Decision:
    """Record a decision in the caller's transaction; billing derives the stay again from it.

    Only stays that are held, or were decided upon before, can be decided upon. Raises NoStayError and
    DecisionRefusedError.
    """
    listed = find_stay(connection, stay_id)
    if listed is None:
        raise NoStayError(f"there is no stay {stay_id!r}")
    stay = listed.stay
    earlier = [each for each in decisions_of(connection, stay.stay_id) if each.verb is not Verb.LAPSE]
    if stay.state is not StayState.HELD and not earlier:
        raise DecisionRefusedError(f"{stay_id} is {stay.state.value}: only a held stay needs a decision")
    if not wish.reason.strip():
        raise DecisionRefusedError("reason: say why; it stays on record")
    holds = stay.notes & HOLDS | (earlier[-1].holds if earlier else frozenset())
    decision = Decision(
        decision_no=0,
        berth_id=stay.berth_id,
        stay_id=stay.stay_id,
        verb=wish.verb,
        at=_instant(stay, wish),
        plate=_plate(connection, stay, wish),
        holds=holds,
        reason=wish.reason.strip(),
        decided_by=by,
        decided_at=now,
    )
    if wish.verb is Verb.RELEASE and holds <= _BY_TARIFF:
        raise DecisionRefusedError(f"{stay_id} waits for a tariff that has a price for it, not for a release")
    add_decision(connection, decision)
    return decision


def plates_in(connection: Connection, stay: Stay) -> Counter[Plate]:
    """How often each plate was read while the stay can have lasted."""
    until_at = stay.departed_latest_at
    arguments = (stay.berth_id, stay.arrived.earliest_at - ARRIVAL_SLACK, until_at, until_at)
    read = (plain_plate(row[0]) for row in connection.execute(LIST_PLATES, arguments))
    return Counter(plate for plate in read if plate is not None)


def _instant(stay: Stay, wish: Wish) -> datetime | None:
    if wish.verb is not Verb.SPLIT:
        if wish.at is not None:
            raise DecisionRefusedError("at: only a split has an instant")
        return None
    end_at = stay.departed_earliest_at
    if wish.at is None or wish.at <= stay.arrived.latest_at or (end_at is not None and wish.at >= end_at):
        raise DecisionRefusedError(
            f"at: a split needs an instant between {stay.arrived.latest_at.isoformat()} and "
            f"{end_at.isoformat() if end_at else 'now'}"
        )
    return wish.at


def _plate(connection: Connection, stay: Stay, wish: Wish) -> Plate | None:
    if wish.plate is None:
        return None
    if wish.verb is not Verb.RELEASE:
        raise DecisionRefusedError("plate: only a release chooses a plate")
    read = plates_in(connection, stay)
    plate = plain_plate(wish.plate)
    if plate is None or plate not in read:
        raise DecisionRefusedError(f"plate: choose one that was read: {', '.join(sorted(read)) or 'none'}")
    return plate
