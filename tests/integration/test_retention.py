"""Every stream is kept for its own period; what bills and cases need stays, and what went is said."""

from datetime import timedelta

import pytest

from app.main import main
from app.retaining import STREAMS, drop_old, parse_periods
from ingest.store import make_days
from parking.errors import SetupError
from parking.plumbing.database import Connection, transaction
from parking.plumbing.systemclock import SystemClock

pytestmark = pytest.mark.database

# A row of each stream, received so many days ago; `old` and `new` where one of a kind must stay.
FILL = """
INSERT INTO readings (reading_id, received_at, observed_at, device_id, family, kind, boot, seq, quality)
SELECT d, now() - d * interval '1 day', now() - d * interval '1 day', 'G0', 'geo', 1, 0, d, 0
FROM unnest(ARRAY[1, 30, 300, 900]) AS d;
INSERT INTO rejects (received_at, topic, payload, reason, detail, replay_requested_at)
SELECT now() - d * interval '1 day', 't', '', 'malformed', '', CASE WHEN d = 901 THEN now() END
FROM unnest(ARRAY[1, 900, 901]) AS d;
INSERT INTO discovered_devices
SELECT 'D' || d, '', 't', now() - d * interval '1 day', now() - d * interval '1 day', 1, ''
FROM unnest(ARRAY[1, 900]) AS d;
INSERT INTO batches (batch_no, committed_at)
SELECT 1000 - d, now() - d * interval '1 day' FROM unnest(ARRAY[1, 20, 900]) AS d;
INSERT INTO grid_snapshots (batch_no, taken_at, body, intake) VALUES (980, now(), '', '');
INSERT INTO silence_limits VALUES (100, 'B0', '1h'), (980, 'B0', '2h'), (100, 'B1', '1h');
INSERT INTO section_counts
SELECT s, 1000 - d, now() - d * interval '1 day', 1, 0, 0, 0
FROM (VALUES ('old', 900), ('old', 901), ('new', 1), ('new', 902)) AS v(s, d);
INSERT INTO device_health (device_id, as_of, compared, accuracy, accuracy_low, accuracy_high, beats_expected,
                           beats_missed, drift)
SELECT v.s, now() - v.d * interval '1 day', 0, 1, 1, 1, 1, 0, 0
FROM (VALUES ('old', 900), ('old', 901), ('new', 1), ('new', 902)) AS v(s, d);
INSERT INTO sign_frames (frame_no, sign_id, body, text, published_at, renewed_at, expires_at, cause)
SELECT 1000 - d, s, '{}', '', now(), now(), now() - d * interval '1 day', 'c'
FROM (VALUES ('old', 900), ('old', 901), ('new', 1), ('new', 902)) AS v(s, d);
INSERT INTO audit_log (at, who, role, address, method, path, status)
SELECT now() - d * interval '1 day', 'w', 'admin', '', 'POST', '/', 200 FROM unnest(ARRAY[1, 900]) AS d"""
STAY = """
INSERT INTO stays (stay_id, partition, out_seq, berth_id, section_id, zone_id, zone_class, state,
                   arrived_earliest_at, arrived_latest_at, arrival_seq, updated_at)
SELECT 's', 1, 1, 'B0', 'S1', 'Z1', 'I', %s, d, d, 1, now()
FROM (SELECT now() - interval '500 days' AS d) AS v"""


def fill(connection: Connection) -> None:
    make_days(connection, SystemClock().now())
    connection.execute(FILL.encode())


def left(connection: Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608  a test's own name
    assert row is not None
    return int(row[0])


def test_each_stream_goes_by_its_own_period_and_the_last_of_a_kind_stays(connection: Connection) -> None:
    fill(connection)

    with transaction(connection):
        gone = drop_old(connection, parse_periods(""), SystemClock().now())

    assert {name: left(connection, name) for name in STREAMS} == {
        "readings": 3,
        "rejects": 2,
        "discovered_devices": 1,
        "batches": 2,
        "silence_limits": 2,
        "section_counts": 2,
        "device_health": 2,
        "sign_frames": 2,
        "audit_log": 1,
    }
    assert [each.stream for each in gone] == list(STREAMS)
    assert not any(each.is_held_back for each in gone)


@pytest.mark.parametrize(("state", "kept"), [("open", 3), ("held", 3), ("void", 1)])
def test_readings_that_a_stay_still_needs_are_held_back(
    connection: Connection, state: str, kept: int
) -> None:
    fill(connection)
    connection.execute(STAY, (state,))

    with transaction(connection):
        gone = drop_old(connection, parse_periods("readings=20"), SystemClock().now())

    assert left(connection, "readings") == kept
    assert gone[0].is_held_back == (state != "void")


def test_command_says_what_went(
    database_url: str,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(connection)
    monkeypatch.setenv("CITYPARK_DATABASE_URL", database_url)
    monkeypatch.setenv("CITYPARK_RETAIN", "audit_log=1000")

    assert main(["--lang", "en", "db", "retain", "--keep", "rejects=950"]) == 0

    told = capsys.readouterr().out
    assert "deleted rejects: 0 rows" in told
    assert "deleted audit_log: 0 rows" in told
    assert "deleted discovered_devices: 1 rows" in told


@pytest.mark.parametrize(("text", "wrong"), [("readings=0", "readings=0"), ("stays=5", "stays"), ("x", "x")])
def test_wrong_period_is_named(text: str, wrong: str) -> None:
    with pytest.raises(SetupError, match=wrong):
        parse_periods(text)


def test_default_periods_leave_time_for_a_bill_to_be_disputed() -> None:
    assert timedelta(days=STREAMS["readings"].days) >= timedelta(days=365)
