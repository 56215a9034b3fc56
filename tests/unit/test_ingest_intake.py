"""What becomes of a message before anything is believed."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ingest.envelopes.sizes import MAX_PAYLOAD_BYTES
from ingest.intake import Intake
from parking.readings import Quality, RawMessage, Rejected, RejectReason
from tests.support.cities import small_city

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def geo(seq: int = 1, device: str = "G0", at: datetime | None = NOW, **more: object) -> RawMessage:
    body = {"v": 1, "seq": seq, "kind": "change", "occupied": True, "at": at and at.isoformat(), **more}
    return message(f"citypark/testcity/up/geo/{device}", json.dumps(body).encode())


def message(topic: str, payload: bytes) -> RawMessage:
    return RawMessage(topic=topic, payload=payload, received_at=NOW)


@pytest.mark.parametrize(
    ("raw", "reason", "detail"),
    [
        (message("citypark/testcity/up/geo/G0", b'{"v":1'), RejectReason.MALFORMED, "truncated"),
        (message("citypark/testcity/up/geo/G0", b"\xff\xfe"), RejectReason.MALFORMED, "malformed"),
        (geo(seq=-1), RejectReason.MALFORMED, "$.seq"),
        (geo(device="G99"), RejectReason.UNKNOWN_DEVICE, "G99"),
        (geo(at=NOW + timedelta(minutes=3)), RejectReason.FUTURE, "0:03:00"),
        (geo(at=NOW - timedelta(days=8)), RejectReason.TOO_OLD, "8 days"),
        (geo(device="G3"), RejectReason.CLOSED_BERTH, "B3"),
        (message("citypark/other/up/geo/G0", b"{}"), RejectReason.UNKNOWN_TOPIC, "other"),
        (message("citypark/testcity/up/sonar/G0", b"{}"), RejectReason.UNKNOWN_TOPIC, "sonar"),
        (message("weather", b"{}"), RejectReason.UNKNOWN_TOPIC, "weather"),
        (
            message("citypark/testcity/up/geo/G0", b" " * (MAX_PAYLOAD_BYTES + 1)),
            RejectReason.TOO_LARGE,
            "16385",
        ),
        (
            message(
                "citypark/testcity/up/camera/C0",
                b'{"v":1,"seq":1,"berth":"B77","kind":"change","occupied":true,"at":"2026-11-23T12:00:00+08:00"}',
            ),
            RejectReason.UNKNOWN_BERTH,
            "B77",
        ),
    ],
)
def test_bad_message_is_refused_with_its_reason(raw: RawMessage, reason: RejectReason, detail: str) -> None:
    intake = Intake(small_city(closed=frozenset({3})))
    accepted, rejected = intake.admit([raw])

    assert not accepted
    assert [each.reason for each in rejected] == [reason]
    assert detail in rejected[0].detail
    # Nor is it believed of a device that was heard before.
    _, later = intake.admit([geo(seq=900), raw])
    assert [(each.reason, each.detail) for each in later] == [(reason, rejected[0].detail)]


def test_good_messages_go_on_beside_bad_ones() -> None:
    accepted, rejected = Intake(small_city()).admit([geo(1), message("x", b""), geo(2)])

    assert [each.reading.seq for each in accepted] == [1, 2]
    assert len(rejected) == 1


def test_repeated_message_is_taken_once() -> None:
    intake = Intake(small_city())

    accepted, rejected = intake.admit([geo(7), geo(7)])
    again = intake.admit([geo(7)])[1]

    assert len(accepted) == 1
    assert [each.reason for each in (*rejected, *again)] == [RejectReason.DUPLICATE] * 2


def test_refused_message_does_not_use_up_its_number() -> None:
    intake = Intake(small_city())

    refused = intake.admit([geo(5, at=NOW + timedelta(hours=1))])[1]
    accepted, _ = intake.admit([geo(5)])

    assert isinstance(refused[0], Rejected)
    assert len(accepted) == 1


def test_clock_a_little_ahead_is_ours_and_marked() -> None:
    accepted, _ = Intake(small_city()).admit([geo(at=NOW + timedelta(seconds=51))])

    assert accepted[0].reading.observed_at == NOW
    assert accepted[0].reading.quality == Quality.CLOCK_AHEAD


def test_message_without_a_time_gets_ours_and_is_marked() -> None:
    accepted, _ = Intake(small_city()).admit([geo(at=None)])

    assert accepted[0].reading.observed_at == NOW
    assert accepted[0].reading.quality == Quality.NO_CLOCK


def test_restored_windows_refuse_what_was_taken() -> None:
    first, second = Intake(small_city()), Intake(small_city())
    first.admit([geo(1), geo(5)])

    second.restore(first.snapshot())
    accepted, rejected = second.admit([geo(5), geo(3), geo(1)])

    assert [each.reading.seq for each in accepted] == [3]
    assert [each.reason for each in rejected] == [RejectReason.DUPLICATE] * 2


@pytest.mark.parametrize(
    ("topic", "facts"),
    [
        ("geo/G0", {"kind": "change", "occupied": True}),
        ("camera/C0", {"kind": "change", "occupied": True, "berth": "B0"}),
        ("patrol/P0", {"occupied": True, "berth": "B0", "plate": "鄂S12345"}),
    ],
)
@pytest.mark.parametrize(
    ("tags", "reasons"),
    [
        ({"simulated": True}, [RejectReason.SIMULATED]),
        ({"simulated": False}, []),
        ({"simulated": "?"}, []),
        ({"firmware": {"v": [1, 2]}, "": None, "标签": 1e300}, []),
    ],
)
def test_simulated_messages_never_count_and_unknown_tags_never_matter(
    topic: str, facts: dict[str, object], tags: dict[str, object], reasons: list[RejectReason]
) -> None:
    body = {"v": 1, "seq": 1, **facts, **tags}

    accepted, rejected = Intake(small_city()).admit(
        [message(f"citypark/testcity/up/{topic}", json.dumps(body).encode())]
    )

    assert [each.reason for each in rejected] == reasons
    assert len(accepted) == 1 - len(reasons)
