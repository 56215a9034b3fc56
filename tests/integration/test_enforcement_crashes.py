"""Batches, restarts and lost connections at any moment leave the same violations as an undisturbed run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from parking.errors import UnavailableError
from parking.ids import BerthId, Plate, StayId
from parking.plumbing.database import Connection, connect
from parking.rights import RightKind
from tests.support.enforcement import (
    CHARGING,
    DISABLED,
    FUEL,
    LIMITED,
    NEV,
    ORDINARY,
    OTHER_FUEL,
    minute,
)
from tests.support.enforcement_street import WrittenStreet, drain, opened

pytestmark = pytest.mark.database

LIVE = """
SELECT violation_id, rule, state, stay_id, plate, since_at, until_at, doubts, evidence FROM violations
WHERE state <> 'withdrawn' ORDER BY violation_id"""
LAST_EVENTS = """
SELECT DISTINCT ON (violation_id) violation_id, body->>'state' FROM violation_events
ORDER BY violation_id, event_no DESC"""
STATES = "SELECT violation_id, state FROM violations ORDER BY violation_id"
# Ends the session that stores positions, as a lost server would: now and then, before the commit.
LOSE_CONNECTIONS = """
CREATE FUNCTION lose_connection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF random() < 0.3 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER lose_connection AFTER INSERT OR UPDATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION lose_connection()"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a day's script."""

    at: float
    what: str
    berth_id: BerthId
    stay_id: StayId
    plate: Plate = FUEL
    word: str = ""

    def play(self, street: WrittenStreet) -> None:
        """Write what this event leaves in the tables."""
        at = minute(self.at)
        match self.what:
            case "arrive":
                street.arrive(self.berth_id, at, self.stay_id)
            case "see":
                street.see(self.berth_id, at, self.plate, self.word)
            case "hear":
                street.hear(self.berth_id, at)
            case "leave":
                street.leave(self.berth_id, self.stay_id, at, at + timedelta(seconds=10))
            case "turn":
                street.turn_stay(self.berth_id, self.stay_id, self.word)


def day(dice: Random) -> list[Event]:
    """Draw a day in four berths: visits one after another, seen, heard, left, and sometimes thought over."""
    events: list[Event] = []
    for berth_id in (LIMITED, CHARGING, DISABLED, ORDINARY):
        at = dice.uniform(0, 30)
        for number in range(6):
            length = dice.choice([3, 12, 45, 69, 72, 110])
            events += visit(dice, berth_id, StayId(f"S-{berth_id}-{number}"), at, length)
            at += length + dice.choice([0.4, 5, 90])
    return sorted(events, key=lambda event: event.at)


def visit(dice: Random, berth_id: BerthId, stay_id: StayId, at: float, length: float) -> Iterator[Event]:
    own, other = dice.sample([FUEL, OTHER_FUEL, NEV], k=2)
    yield Event(at=at, what="arrive", berth_id=berth_id, stay_id=stay_id)
    for beat in range(10, int(length), 10):
        yield Event(at=at + beat, what="hear", berth_id=berth_id, stay_id=stay_id)
    for _ in range(dice.randrange(5)):
        when = at + dice.uniform(-1, length + 0.3)
        plate, device = own if dice.random() < 0.85 else other, dice.choice(["C-1", "P-1"])
        yield Event(at=when, what="see", berth_id=berth_id, stay_id=stay_id, plate=plate, word=device)
    yield Event(at=at + length, what="leave", berth_id=berth_id, stay_id=stay_id)
    for number, state in enumerate(dice.choice([(), (), (), ("void",), ("held",), ("held", "closed")])):
        later = at + length + 5 + 20 * number
        yield Event(at=later, what="turn", berth_id=berth_id, stay_id=stay_id, word=state)


def outcome(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(LIVE).fetchall()


def run_undisturbed(database_url: str, script: list[Event]) -> list[tuple[Any, ...]]:
    with connect(database_url, "tests") as connection:
        street = WrittenStreet(connection)
        street.entitle(NEV, RightKind.DISABLED)
        for event in script:
            event.play(street)
        service = opened(database_url)
        drain(service)
        service.close()
        return outcome(connection)


def run_disturbed(database_url: str, script: list[Event], dice: Random, table: str) -> list[tuple[Any, ...]]:
    """Play the script while the service works in fits, loses its connection and starts anew."""
    with connect(database_url, "tests") as connection:
        street = WrittenStreet(connection)
        street.entitle(NEV, RightKind.DISABLED)
        connection.execute(LOSE_CONNECTIONS.format(table=table).encode())
        service, losses = opened(database_url), 0
        for event in script:
            event.play(street)
            if dice.random() < 0.6:
                continue
            try:
                service.work()
                lost = dice.random() < 0.1
            except UnavailableError:
                lost = True
            if lost:
                losses += 1
                service.close()
                service = opened(database_url)
        service.close()
        assert losses > 3
        connection.execute(f"DROP TRIGGER lose_connection ON {table}".encode())
        service = opened(database_url)
        drain(service)
        service.close()
        assert connection.execute(LAST_EVENTS).fetchall() == connection.execute(STATES).fetchall()
        return outcome(connection)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("table", ["enforcement_positions", "violation_events"])
def test_a_disturbed_day_ends_like_an_undisturbed_one(
    new_database: Callable[[], str], seed: int, table: str
) -> None:
    script = day(Random(seed))  # noqa: S311  repeatable, not secret
    expected = run_undisturbed(new_database(), script)
    assert expected
    assert run_disturbed(new_database(), script, Random(seed), table) == expected  # noqa: S311  as above
