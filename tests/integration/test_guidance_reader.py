"""The board follows the street's tables; figures and events follow those of billing and enforcement."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta

import pytest

from guidance.board import Belief, Counts
from guidance.desk import Desk
from guidance.figures import Figures
from guidance.live import Event
from guidance.service.figures import FiguresReader, Newest
from guidance.service.reader import BoardReader
from parking.plumbing.database import Connection
from parking.states import BerthState
from tests.support.enforcement_street import SetClock
from tests.support.guidance import FREE, NOON, OCCUPIED, UNKNOWN, Street, minutes, small_desk

pytestmark = pytest.mark.database

ADD_LIMIT = "INSERT INTO silence_limits VALUES (%s, 'A-1', %s)"
ADD_REJECT = """
INSERT INTO rejects (received_at, topic, payload, reason, detail) VALUES (%s, 't', '\\x00ff', %s, 'd')"""
ADD_STAY = """
INSERT INTO stays (stay_id, partition, out_seq, berth_id, section_id, zone_id, zone_class, state,
                   arrived_earliest_at, arrived_latest_at, departed_earliest_at, departed_latest_at, plate,
                   arrival_seq, updated_at)
VALUES (%s, 1, %s, %s, 'S001', 'Z1', 'I', %s, %s, %s, %s, %s, '鄂S12345', 1, %s)"""
CLOSE_STAY = """
UPDATE stays SET state = 'closed', out_seq = %s, departed_earliest_at = %s, departed_latest_at = %s
 WHERE stay_id = %s"""
ADD_CHARGE = """
INSERT INTO charges (charge_id, stay_id, version, amount_fen, zone_class, tariff, document_no, lines, notes,
                     minutes, cause, replaces, rated_at)
VALUES (%s, %s, %s, %s, 'I', 'suizhou-2021', '', '[]', '[]', 130, %s, %s, %s)"""
MOVE_BILLING = """
INSERT INTO billing_positions (partition, seq, out_seq) VALUES (%s, %s, %s)
ON CONFLICT (partition) DO UPDATE SET seq = excluded.seq, out_seq = excluded.out_seq"""
ADD_VIOLATION = """
INSERT INTO violations (violation_id, rule, state, berth_id, section_id, plate, since_at, until_at,
                        detected_at, doubts, evidence)
VALUES (%s, 'overstay', 'lead', 'A-1', 'S001', '鄂S12345', %s, %s, %s, '{}', '{}')"""
WITHDRAW = "UPDATE violations SET state = 'withdrawn' WHERE violation_id = %s"
ADD_EVENT = "INSERT INTO violation_events (violation_id, event, at, body) VALUES (%s, %s, %s, '{}')"


@contextmanager
def followed(url: str, desk: Desk) -> Iterator[BoardReader]:
    """Open a reader that fills the desk's board."""

    def deliver(beliefs: list[Belief], read_at: datetime) -> None:
        desk.board.apply(beliefs, read_at)

    with closing(BoardReader(url, len(desk.board.berth_ids), desk.clock, deliver)) as reader:
        yield reader


def test_the_board_starts_with_all_states_and_follows_every_commit(
    database_url: str, connection: Connection
) -> None:
    street = Street(connection)
    street.believe("A-1", FREE, NOON)
    desk = small_desk()

    with followed(database_url, desk) as reader:
        assert desk.board.view(NOON).city == Counts(1, 0, 2, 1)
        street.believe("A-2", OCCUPIED, NOON)
        street.believe("A-1", OCCUPIED, NOON)
        reader.step()
        assert desk.board.view(NOON).city == Counts(0, 2, 1, 1)
        street.believe("A-1", UNKNOWN, NOON)
        reader.step()
        assert desk.board.view(NOON).city == Counts(0, 1, 2, 1)


def test_a_belief_that_was_only_heard_again_comes_with_the_rolling_read(
    database_url: str, connection: Connection
) -> None:
    street = Street(connection)
    street.believe("A-1", FREE, NOON)
    desk = small_desk()

    with followed(database_url, desk) as reader:
        street.hear("A-1", minutes(9))
        for _ in range(3):  # a slice is read at most once a second; a step waits for a commit or a second
            reader.step()

    assert desk.board.view(minutes(9)).as_of == minutes(9)


def test_a_limit_of_silence_comes_with_the_state_and_the_newest_holds(
    database_url: str, connection: Connection
) -> None:
    street = Street(connection)
    street.believe("A-1", FREE, NOON)
    street.believe("A-2", FREE, NOON)
    desk = small_desk()
    by_files = desk.board.limit(0)
    for batch_no, hours in ((7, 9), (12, 5)):
        connection.execute(ADD_LIMIT, (batch_no, timedelta(hours=hours)))

    with followed(database_url, desk) as reader:
        assert [desk.board.limit(number) for number in (0, 1)] == [timedelta(hours=5), by_files]
        connection.execute(ADD_LIMIT, (13, timedelta(hours=2)))
        street.believe("A-1", OCCUPIED, NOON)
        reader.step()

    assert desk.board.limit(0) == timedelta(hours=2)


def test_a_reader_that_opens_late_reads_what_it_missed(database_url: str, connection: Connection) -> None:
    street = Street(connection)
    desk = small_desk()
    states: list[BerthState] = [FREE, OCCUPIED] * 30
    for number, state in enumerate(states):
        street.believe("A-1", state, minutes(number))

    with followed(database_url, desk):
        belief = desk.board.belief(0)

    assert belief is not None
    assert (belief.state, belief.since_at) == (OCCUPIED, minutes(59))


class Billing:
    """Writes stays and charges as billing would, each in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._out_seq = 0

    def open_stay(self, stay_id: str, berth_id: str, state: str = "open") -> None:
        self._out_seq += 1
        at = minutes(-130)
        values = (stay_id, self._out_seq, berth_id, state, at, at, None, None, at)
        self._commit((ADD_STAY, values))

    def charge(self, stay_id: str, version: int, fen: int, at: datetime, cause: str = "departure") -> None:
        self._out_seq += 1
        replaces = None if version == 1 else f"{stay_id}-{version - 1}"
        charge = (f"{stay_id}-{version}", stay_id, version, fen, cause, replaces, at)
        closing_values = (self._out_seq, NOON, NOON, stay_id)
        self._commit((CLOSE_STAY, closing_values), (ADD_CHARGE, charge))

    def _commit(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        with self._connection.transaction():
            for query, values in statements:
                self._connection.execute(query.encode(), values)
            self._connection.execute(MOVE_BILLING, (1, 0, self._out_seq))


@contextmanager
def figured(
    url: str, desk: Desk, events: list[Event], newest: Newest | None = None
) -> Iterator[FiguresReader]:
    with closing(FiguresReader(url, desk, newest or Newest(), events.extend, turn_s=0)) as reader:
        yield reader


def test_stays_and_charges_make_figures_and_each_charge_one_event(
    database_url: str, connection: Connection
) -> None:
    desk, events, billing = small_desk(), list[Event](), Billing(connection)
    billing.open_stay("old", "B-1")
    billing.charge("old", 1, 500, NOON)

    with figured(database_url, desk, events) as reader:
        assert (desk.figures.bills_today, desk.figures.revenue_today_fen) == (1, 500)
        billing.open_stay("s1", "A-1")
        billing.open_stay("s2", "A-2", "held")
        reader.step()
        assert (desk.figures.stays_open, desk.figures.stays_held, events) == (1, 1, [])

        billing.charge("s1", 1, 700, NOON)
        reader.step()
        billing.charge("s1", 2, 300, NOON, "correction")
        reader.step()
        reader.step()
        figures = desk.figures

    assert (figures.stays_open, figures.bills_today, figures.revenue_today_fen) == (0, 2, 800)
    assert [(each.body["charge_id"], each.body["amount_fen"]) for each in events] == [
        ("s1-1", 700),
        ("s1-2", 300),
    ]
    assert events[0].body["plate"] == "鄂S·1**45"
    assert events[0].body["arrived_at"] == minutes(-130)
    assert "added_fen" not in events[0].body


def test_a_stay_that_changes_long_after_its_charge_is_no_new_bill(
    database_url: str, connection: Connection
) -> None:
    desk, events, billing = small_desk(), list[Event](), Billing(connection)
    billing.open_stay("s1", "A-1")

    with figured(database_url, desk, events) as reader:
        billing.charge("s1", 1, 700, minutes(-10))
        reader.step()

    assert events == []


def test_figures_of_today_begin_again_at_local_midnight(database_url: str, connection: Connection) -> None:
    desk, billing = small_desk(), Billing(connection)
    billing.open_stay("s1", "A-1")
    billing.charge("s1", 1, 700, NOON)
    connection.execute(ADD_REJECT, (NOON, "malformed"))

    with figured(database_url, desk, []) as reader:
        assert (desk.figures.bills_today, desk.figures.rejects_by_reason) == (1, {"malformed": 1})
        assert isinstance(desk.clock, SetClock)
        desk.clock.at = minutes(12 * 60)  # noon in UTC+8 was at 04:00 UTC; midnight is at 16:00
        reader.step()
        assert (desk.figures.bills_today, desk.figures.revenue_today_fen) == (0, 0)
        assert desk.figures.rejects_by_reason == {}


def test_rejects_are_counted_by_reason(database_url: str, connection: Connection) -> None:
    desk = small_desk()

    with figured(database_url, desk, []) as reader:
        for reason in ("malformed", "duplicate", "malformed"):
            connection.execute(ADD_REJECT, (NOON, reason))
        reader.step()
        connection.execute(ADD_REJECT, (NOON, "future"))
        reader.step()
        found = desk.figures.rejects_by_reason

    assert found == {"malformed": 2, "duplicate": 1, "future": 1}


def test_violations_are_told_as_they_stand(database_url: str, connection: Connection) -> None:
    desk, events, newest = small_desk(), list[Event](), Newest()

    with figured(database_url, desk, events, newest) as reader:
        connection.execute(ADD_VIOLATION, ("v1", NOON, NOON, NOON))
        connection.execute(ADD_EVENT, ("v1", "detected", NOON))
        reader.step()
        assert desk.figures.violations_open == 1
        connection.execute(WITHDRAW, ("v1",))
        connection.execute(ADD_EVENT, ("v1", "withdrawn", NOON))
        reader.step()
        assert desk.figures.violations_open == 0

    told = [(each.body["event"], each.body["state"], each.body["plate"]) for each in events]
    assert told == [("detected", "lead", "鄂S·1**45"), ("withdrawn", "withdrawn", "鄂S·1**45")]
    assert [each.body["event"] for each in newest.events()] == ["withdrawn"]


def test_who_starts_to_listen_later_is_told_the_newest(database_url: str, connection: Connection) -> None:
    newest, billing = Newest(), Billing(connection)
    billing.open_stay("s1", "A-1")
    billing.charge("s1", 1, 700, NOON)
    connection.execute(ADD_VIOLATION, ("v1", NOON, NOON, NOON))
    connection.execute(ADD_EVENT, ("v1", "detected", NOON))

    with figured(database_url, small_desk(), [], newest):
        assert [each.kind for each in newest.events()] == ["bill", "violation"]


def test_billing_behind_counts_what_it_has_not_taken_in(database_url: str, connection: Connection) -> None:
    street, desk = Street(connection), small_desk()
    street.believe("A-1", FREE, NOON)
    street.believe("A-1", OCCUPIED, NOON)

    with figured(database_url, desk, []):
        assert desk.figures.billing_behind == 2


def test_figures_are_of_no_moment_once_the_database_is_let_go(database_url: str) -> None:
    desk = small_desk()

    with figured(database_url, desk, []):
        assert desk.figures.stays_open == 0

    assert desk.figures == Figures()
