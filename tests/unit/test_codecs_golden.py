"""Every codec and envelope reads the captured frames of its golden file as that file says."""

from datetime import datetime

import pytest

from ingest.codecs import CODECS
from ingest.codecs.malformed import Refused
from ingest.envelopes import ENVELOPES, unwrap
from parking.readings import Reading, ReadingKind
from tests.support.frames import (
    GOLDEN,
    Table,
    decode_frame,
    golden_frames,
    golden_messages,
    marks_of,
    message_of,
)

FRAMES = dict(golden_frames())
MESSAGES = dict(golden_messages())


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
def test_frame_says_what_its_golden_file_says(frame: Table) -> None:
    if "refused" in frame:
        with pytest.raises(Refused) as caught:
            decode_frame(frame)
        assert caught.value.reason.value == frame["refused"]
        assert str(caught.value)
        return
    readings = decode_frame(frame)
    assert len(readings) == len(frame["readings"])
    for reading, expected in zip(readings, frame["readings"], strict=True):
        assert_says(reading, expected, set(frame.get("always", ())))
        assert reading.family == frame["family"]


def assert_says(reading: Reading, expected: Table, always: set[str]) -> None:
    plate, since = reading.plate, reading.previous_since
    assert reading.kind is ReadingKind[expected["kind"]]
    assert reading.occupied == expected.get("occupied")
    assert reading.berth_id == expected.get("berth")
    assert reading.battery_v == expected.get("battery_v")
    assert marks_of(reading) == always | set(expected.get("marks", ()))
    assert (plate and plate.plate) == expected.get("plate")
    assert (plate and plate.colour) == expected.get("colour")
    assert (plate.confidence if plate else None) == pytest.approx(expected.get("confidence"))
    moments = [datetime.fromisoformat(text) for text in expected.get("previous_since", ())]
    assert ([since.earliest_at, since.latest_at] if since else []) == moments
    if "at" in expected:
        assert reading.observed_at == datetime.fromisoformat(expected["at"])
    assert reading.seq == expected.get("seq", reading.seq)
    assert reading.boot == expected.get("boot", reading.boot)


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
def test_envelope_opens_as_its_golden_file_says(message: Table) -> None:
    raw = message_of(message)
    if "refused" in message:
        with pytest.raises(Refused) as caught:
            unwrap(raw, "testcity")
        assert caught.value.reason.value == message["refused"]
        return
    uplink = unwrap(raw, "testcity")
    if message.get("nothing"):
        assert uplink is None
        return
    assert uplink is not None
    assert (uplink.key, uplink.port, uplink.family) == (
        message["key"],
        message["port"],
        message.get("family"),
    )
    assert uplink.seq == message.get("seq")
    payload = str(message.get("payload", message["text"])).encode()
    assert uplink.payload == (bytes.fromhex(message["hex"]) if "hex" in message else payload)
    server_at = message.get("server_at")
    assert uplink.server_at == (datetime.fromisoformat(server_at) if server_at else None)


def test_every_family_has_golden_frames_with_their_source() -> None:
    families = {frame["family"]: frame["source"] for frame in FRAMES.values()}

    assert set(families) == set(CODECS)
    assert all(families.values())
    names = {"application": "chirpstack", "v3": "thethings"}
    with_frames = {path.stem for path in (GOLDEN / "envelopes").glob("*.toml")}
    assert with_frames == {names.get(root, root) for root in ENVELOPES if root != "citypark"}
