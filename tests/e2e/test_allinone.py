"""`citypark up` as its user meets it: from nothing to READY, used by hand, killed, stopped, started again."""

import json
import os
import random
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.broker import free_port
from tests.support.database import ROOT
from tests.support.platform import SERVICES, Platform, running

pytestmark = [pytest.mark.e2e, pytest.mark.database, pytest.mark.broker]

# Half an hour of a working morning of the whole city: some 17,000 messages.
MORNING = ("--", "--from", "2026-11-20T07:45", "--until", "2026-11-20T08:15", "--exit")
DONE = """
SELECT (SELECT sum(seq) FROM partitions) = (SELECT sum(seq) FROM billing_positions)
   AND (SELECT count(*) FROM readings) > 0"""
# The street says every ten seconds until when each berth was heard.
LONGEST_ROUND_S = 13.0
OUTCOME = {
    "stays": "SELECT stay_id, state, arrived_latest_at, departed_earliest_at, plate FROM stays ORDER BY 1",
    "charges": "SELECT stay_id, version, amount_fen FROM charges ORDER BY 1, 2",
    "ledger": "SELECT account, count(*), sum(amount_fen) FROM ledger_entries GROUP BY 1 ORDER BY 1",
    "violations": "SELECT violation_id, state FROM violations ORDER BY 1",
    "checkups": """
        SELECT device_id, as_of, accuracy, beats_missed, battery_v, drift, quarantine_reason
        FROM device_health ORDER BY 1, 2""",
    "readings": "SELECT count(*), count(DISTINCT (device_id, boot, seq)) FROM readings",
}


def publish(platform: Platform, path: str, body: dict[str, object]) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", platform.mqtt_port)
    client.loop_start()
    client.publish(f"citypark/suizhou/up/{path}", json.dumps(body), qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def outcome(platform: Platform) -> dict[str, object]:
    return {name: platform.query(sql) for name, sql in OUTCOME.items()}


def wait_outcome(platform: Platform, timeout_s: float = 120) -> dict[str, object]:
    """Return what the platform made of the period, once nothing moves for longer than any of its rounds."""
    until = time.monotonic() + timeout_s
    same_since, last = time.monotonic(), outcome(platform)
    while time.monotonic() < until:
        time.sleep(1)
        now = outcome(platform)
        if now != last or platform.query(DONE) != [(True,)]:
            same_since, last = time.monotonic(), now
        elif time.monotonic() - same_since > LONGEST_ROUND_S:
            return now
    raise AssertionError(f"does not come to rest:\n{platform.told()}")


def test_from_nothing_to_a_bill_and_on_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path, "--no-simulator") as platform:
        platform.wait_line("READY http://127.0.0.1:", 120)
        now = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  the platform compares with the real clock
        arrived, left = now - timedelta(days=1, minutes=31), now - timedelta(days=1)
        publish(platform, "geo/G-SZ1-0001", {"v": 1, "seq": 1, "kind": "change", "occupied": True,
                                             "at": arrived.isoformat()})  # fmt: skip
        publish(platform, "geo/G-SZ1-0001", {"v": 1, "seq": 2, "kind": "change", "occupied": False,
                                             "at": left.isoformat()})  # fmt: skip
        publish(platform, "geo/G-SZ1-0002", {"v": 1, "seq": 1, "kind": "change", "occupied": True})
        until = time.monotonic() + 20
        while platform.get("/api/v1/berths/SZ1-0002")["state"] != "occupied" and time.monotonic() < until:
            time.sleep(0.1)
        before = wait_outcome(platform)
        assert platform.stop() == 0

    with running(tmp_path, "--no-simulator") as platform:
        platform.wait_line("READY", 120)
        assert platform.get("/api/v1/berths/SZ1-0002")["state"] == "occupied"
        assert outcome(platform) == before
        charges = platform.query("SELECT amount_fen FROM charges")
        code = platform.stop()

    assert len(charges) == 1
    assert code == 0
    assert not [line for line in platform.lines if "killed" in line or "did not stop" in line]


def test_killed_services_come_back_and_the_outcome_is_that_of_an_undisturbed_run(tmp_path: Path) -> None:
    with running(tmp_path / "calm", *MORNING) as platform:
        platform.wait_line("READY", 240)
        undisturbed = wait_outcome(platform)

    chance = random.Random(20261120)  # noqa: S311  a repeatable disturbance, not a secret
    with running(tmp_path / "storm", *MORNING[:-1], "--speed", "90", "--exit") as platform:
        for service in chance.sample(SERVICES, len(SERVICES)):
            platform.wait_pid("simulate", 120)
            time.sleep(chance.uniform(1.0, 3.0))
            platform.kill(service)
        platform.wait_line("READY", 240)
        disturbed = wait_outcome(platform)
        deaths = [line for line in platform.lines if "killed by SIGKILL" in line]

    assert len(deaths) == len(SERVICES)
    assert len(str(undisturbed["stays"])) > 1_000
    assert disturbed == undisturbed


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"CITYPARK_HTTP_PORT": "taken"}, "set CITYPARK_HTTP_PORT to a free one"),
        ({"CITYPARK_MQTT_PORT": "taken"}, "set CITYPARK_MQTT_PORT to a free one"),
        ({"CITYPARK_HOME": "/proc/citypark"}, "choose another folder with CITYPARK_HOME"),
        ({"CITYPARK_CITY": "cities/atlantis"}, "cities/atlantis/"),
        ({"CITYPARK_HTTP_PORT": "eighty"}, "CITYPARK_HTTP_PORT must be a whole number"),
        ({"CITYPARK_COLOUR": "red"}, "unknown setting CITYPARK_COLOUR"),
    ],
)
def test_what_the_operator_must_change_is_one_sentence_and_exit_code_2(
    tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:

    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = str(server.getsockname()[1])
        defaults = {"CITYPARK_HOME": str(tmp_path), "CITYPARK_HTTP_PORT": str(free_port()),
                    "CITYPARK_MQTT_PORT": str(free_port())}  # fmt: skip
        given = {name: taken if value == "taken" else value for name, value in settings.items()}
        result = subprocess.run(
            [sys.executable, "-m", "app.main", "--lang", "en", "up", "--no-simulator"],
            cwd=ROOT, env={**os.environ, **defaults, **given},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    assert result.returncode == 2
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
