"""From a network server's or camera's message to an accepted reading: who, when, and was it seen before."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ingest.intake import MAX_BOOTS, Accepted, Intake
from ingest.windows import MAX_HASHES, Hashes
from parking.city import Camera, City, Device
from parking.ids import BerthId, CameraId, DeviceId, SectionId
from parking.readings import Quality, RawMessage, ReadingKind, RejectReason
from tests.support.cities import HEARTBEAT, small_city

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
EUI = "a84041000181b2c3"


def city_with(family: str, device_id: str = EUI, watches: tuple[str, ...] = ()) -> City:
    """Return the small city with one more device: a sensor of B0, or a camera over the named berths."""
    city = small_city()
    device = Device(
        device_id=DeviceId(device_id),
        family=family,
        berth_id=None if watches else BerthId("B0"),
        heartbeat=HEARTBEAT,
    )
    cameras = {}
    if watches:
        berth_ids = tuple(BerthId(name) for name in watches)
        camera_id = CameraId(device_id)
        cameras[camera_id] = Camera(camera_id=camera_id, section_id=SectionId("S1"), berth_ids=berth_ids)
    return replace(city, devices={**city.devices, device.device_id: device}, cameras=cameras)


def chirpstack(
    hexed: str, seq: int = 0, *, port: int = 1, at: datetime = NOW, session: str = "00189440", eui: str = EUI
) -> RawMessage:
    body = {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time": at.isoformat(),
        "deviceInfo": {"devEui": eui},
        "devAddr": session,
        "fCnt": seq,
        "fPort": port,
        "data": base64.b64encode(bytes.fromhex(hexed)).decode(),
    }
    topic = f"application/a/device/{eui}/event/up"
    return RawMessage(topic=topic, payload=json.dumps(body).encode(), received_at=NOW + timedelta(hours=3))


def camera_message(family: str, payload: str) -> RawMessage:
    return RawMessage(topic=f"citypark/testcity/up/{family}/C9", payload=payload.encode(), received_at=NOW)


def anpr(uuid: str = "u-1") -> RawMessage:
    alert = (
        "<EventNotificationAlert><eventType>ANPR</eventType><dateTime>2026-11-23T11:59:59+08:00</dateTime>"
        f"<UUID>{uuid}</UUID><ANPR><licensePlate>鄂S12345</licensePlate></ANPR></EventNotificationAlert>"
    )
    return camera_message("hikvision", alert)


def reasons(intake: Intake, *messages: RawMessage) -> list[str]:
    """Return what became of the messages: accepted ones as "taken"."""
    verdicts: list[str] = []
    for message in messages:
        accepted, rejected = intake.admit([message])
        verdicts += ["taken"] * len(accepted) + [each.reason.value for each in rejected]
    return verdicts


def test_uplink_is_dated_by_its_network_server_and_bound_by_its_eui() -> None:
    accepted, rejected = Intake(city_with("bosch-tps110")).admit([chirpstack("01", 7)])

    assert not rejected
    reading = accepted[0].reading
    assert (accepted[0].berth_id, reading.device_id, reading.seq) == ("B0", EUI, 7)
    assert reading.kind is ReadingKind.CHANGE
    assert reading.observed_at == NOW
    assert reading.quality == Quality.SERVER_CLOCK


@pytest.mark.parametrize(("registered", "sent"), [(EUI, EUI.upper()), (EUI.upper(), EUI)])
def test_letters_of_an_eui_may_differ(registered: str, sent: str) -> None:
    intake = Intake(city_with("bosch-tps110", registered))

    accepted, _ = intake.admit([chirpstack("01", eui=sent)])

    assert [each.reading.device_id for each in accepted] == [registered]


def test_unknown_eui_is_refused_under_its_name() -> None:
    _, rejected = Intake(small_city()).admit([chirpstack("01")])

    assert [(each.reason, each.device_id) for each in rejected] == [(RejectReason.UNKNOWN_DEVICE, EUI)]


def test_device_of_one_way_does_not_speak_another() -> None:
    intake = Intake(city_with("hikvision", "C9", ("B0",)))
    frigate = RawMessage(
        topic="frigate/events",
        payload=b'{"type":"new","after":{"id":"1","camera":"C9","frame_time":1.0}}',
        received_at=NOW,
    )

    assert reasons(intake, frigate) == ["unknown_device"]


def test_network_server_does_not_speak_for_devices_of_our_own_topics() -> None:
    body = {
        "messageType": "dataReport", "timestamp": 1795406400000, "IMEI": "G0",
        "payload": {"v": 1, "seq": 1, "kind": "change", "occupied": True},
    }  # fmt: skip
    raw = RawMessage(topic="ctwing/testcity/notice", payload=json.dumps(body).encode(), received_at=NOW)

    assert reasons(Intake(small_city()), raw) == ["unknown_device"]


def test_simulated_uplink_never_counts() -> None:
    body = {
        "end_device_ids": {"dev_eui": EUI.upper()},
        "received_at": NOW.isoformat(),
        "uplink_message": {"f_port": 1, "frm_payload": "AQ==", "received_at": NOW.isoformat()},
        "simulated": True,
    }
    raw = RawMessage(topic="v3/a@t/devices/d/up", payload=json.dumps(body).encode(), received_at=NOW)

    assert reasons(Intake(city_with("bosch-tps110")), raw) == ["simulated"]


def test_redelivered_uplink_counts_once_and_a_new_session_begins_a_new_count() -> None:
    intake = Intake(city_with("bosch-tps110"))

    verdicts = reasons(
        intake, chirpstack("01", 5), chirpstack("01", 5), chirpstack("00", 5, session="01497ecc")
    )

    assert verdicts == ["taken", "duplicate", "taken"]


def test_count_that_falls_while_the_servers_clock_goes_on_is_a_new_count() -> None:
    intake = Intake(city_with("bosch-tps110"))
    minutes = [timedelta(minutes=n) for n in range(30)]
    before = [chirpstack("01", n, at=NOW + minutes[n]) for n in range(10)]
    after = [chirpstack("00", n, at=NOW + minutes[15 + n]) for n in range(10)]

    verdicts = reasons(intake, *before, *before, *after, *before, *after)

    assert verdicts == ["taken"] * 10 + ["duplicate"] * 10 + ["taken"] * 10 + ["duplicate"] * 20


def test_new_count_survives_a_restart() -> None:
    first, second = Intake(city_with("bosch-tps110")), Intake(city_with("bosch-tps110"))
    old = chirpstack("01", 100, at=NOW)
    new = [chirpstack("00", n, at=NOW + timedelta(minutes=10 + n)) for n in range(3)]
    reasons(first, chirpstack("01", 0, at=NOW - timedelta(hours=1)), old, new[0])

    second.restore(first.snapshot())

    assert reasons(second, old, new[0], new[1]) == ["duplicate", "duplicate", "taken"]


def test_readings_recalled_from_the_database_are_not_taken_again() -> None:
    first, second = Intake(city_with("bosch-tps110")), Intake(city_with("bosch-tps110"))
    messages = [chirpstack("01", n, at=NOW + timedelta(minutes=5 * n)) for n in range(5)]
    accepted, _ = first.admit(messages)

    for each in accepted:
        second.recall(each.reading, each.raw.received_at)

    assert reasons(second, *messages) == ["duplicate"] * 5


def test_state_that_differs_right_after_the_message_before_is_a_change() -> None:
    intake = Intake(city_with("netvox-r719a"))
    frames = [
        ("01590124" + status + "000000000000", seq) for status, seq in (("00", 3), ("01", 4), ("00", 6))
    ]

    accepted, _ = intake.admit([chirpstack(hexed, seq, port=6) for hexed, seq in frames])

    kinds = [each.reading.kind for each in accepted]
    assert kinds == [ReadingKind.HEARTBEAT, ReadingKind.CHANGE, ReadingKind.HEARTBEAT]


def test_several_readings_of_one_message_stand_or_fall_together() -> None:
    intake = Intake(city_with("pni-placepod"))
    message = chirpstack("156600156601", 1, port=2)

    accepted, _ = intake.admit([message])

    assert [each.reading.occupied for each in accepted] == [False, True]
    assert reasons(intake, message) == ["duplicate"]


def test_kerb_camera_is_refused_only_where_a_berth_is_unknown() -> None:
    alarm = {
        "dateTime": "2026-11-23T11:59:59+08:00",
        "PackingSpaceRecognition": [
            {"absoulteParkingNum": "B0", "isParked": "yes"},
            {"absoulteParkingNum": "B77", "isParked": "no"},
        ],
    }
    intake = Intake(city_with("hikvision", "C9", ("B0", "B1")))
    raw = camera_message("hikvision", json.dumps(alarm))

    assert reasons(intake, raw) == ["taken", "unknown_berth"]
    assert reasons(intake, raw) == ["duplicate"]


def test_camera_that_names_no_berth_needs_a_mapping() -> None:
    _, rejected = Intake(city_with("hikvision", "C9", ("B0", "B1"))).admit([anpr()])

    assert [each.reason for each in rejected] == [RejectReason.NO_BERTH_MAPPING]
    assert "cameras.csv" in rejected[0].detail


def test_camera_event_counts_once_by_its_vendors_id_even_after_a_restart() -> None:
    first = Intake(city_with("hikvision", "C9", ("B0",)))
    second = Intake(city_with("hikvision", "C9", ("B0",)))

    before = reasons(first, anpr("u-1"), anpr("u-2"), anpr("u-1"))
    second.restore(first.snapshot())

    assert before == ["taken", "taken", "duplicate"]
    assert reasons(second, anpr("u-2"), anpr("u-3")) == ["duplicate", "taken"]


def test_message_that_says_nothing_of_a_berth_is_neither_stored_nor_refused() -> None:
    intake = Intake(city_with("hikvision", "C9", ("B0",)))
    alive = "<EventNotificationAlert><eventType>videoloss</eventType></EventNotificationAlert>"

    assert reasons(intake, camera_message("hikvision", alive), chirpstack("", 3)) == []
    assert intake.without_reading == 2


def test_device_clock_ahead_of_its_network_server_is_set_back_to_it() -> None:
    imei = "864016059485616"
    body = {
        "messageType": "dataReport",
        "timestamp": 1795406400000,
        "IMEI": imei,
        "payload": {"parking_state": 1, "pack_count": 506, "ptime": 1795406451000},
    }
    raw = RawMessage(
        topic="ctwing/testcity/notice",
        payload=json.dumps(body).encode(),
        received_at=NOW + timedelta(hours=1),
    )

    accepted, _ = Intake(city_with("wxhs-pmd", imei)).admit([raw])

    assert accepted[0].reading.observed_at == NOW
    assert accepted[0].reading.quality & Quality.CLOCK_AHEAD


def test_sensor_of_a_network_server_is_not_heard_without_it() -> None:
    raw = RawMessage(topic=f"citypark/testcity/up/bosch-tps110/{EUI}", payload=b"\x01", received_at=NOW)

    _, rejected = Intake(city_with("bosch-tps110")).admit([raw])

    assert [each.reason for each in rejected] == [RejectReason.MALFORMED]


def test_snapshot_of_before_network_servers_can_be_restored() -> None:
    intake = Intake(small_city())
    intake.restore(msgspec.msgpack.encode([("G0", 0, 9, [(0, 3)])]))

    assert not intake.note(DeviceId("G0"), 0, 9)
    assert intake.note(DeviceId("G0"), 0, 2)


def test_sessions_of_long_ago_are_forgotten() -> None:
    intake = Intake(city_with("bosch-tps110"))
    messages = [chirpstack("01", 0, session=f"{n:08x}") for n in range(MAX_BOOTS + 1)]

    accepted: list[Accepted] = intake.admit(messages)[0]

    assert len(accepted) == MAX_BOOTS + 1
    assert len(msgspec.msgpack.decode(intake.snapshot())) == MAX_BOOTS


def test_hashes_keep_to_their_number() -> None:
    hashes = Hashes()
    for number in range(MAX_HASHES + 1):
        assert hashes.take(number)

    assert len(hashes.taken) == MAX_HASHES
    assert not hashes.take(MAX_HASHES)
    assert not hashes.follows(MAX_HASHES + 1)


@pytest.mark.parametrize(
    ("topic", "head"),
    [
        ("citypark/testcity/up/geo/G0", b'{"v":1,"x":'),
        ("application/a/device/x/event/up", b'{"rxInfo":'),
        ("ctwing/testcity/notice", b'{"payload":'),
    ],
)
def test_json_nested_beyond_measure_is_refused(topic: str, head: bytes) -> None:
    raw = RawMessage(topic=topic, payload=head + b"[" * 16_000, received_at=NOW)

    assert reasons(Intake(small_city()), raw) == ["malformed"]
