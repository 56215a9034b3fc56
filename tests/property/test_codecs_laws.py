"""Laws of codecs and envelopes that must hold for any bytes whatever."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codecs import CODECS
from ingest.codecs.malformed import Refused
from ingest.codecs.nwave import lasted
from ingest.codecs.uplink import Sender, Uplink, hash_key
from ingest.envelopes import ENVELOPES, unwrap
from ingest.intake import Intake
from ingest.webform import text_part
from ingest.windows import Window
from parking.ids import BerthId, DeviceId
from parking.readings import RawMessage, Reading
from tests.support.frames import (
    RECEIVED_AT,
    SERVER_AT,
    Table,
    decode_frame,
    golden_frames,
    golden_messages,
    message_of,
    payload_of,
)
from tests.unit.test_codecs_intake import city_with

FRAMES = [frame for _, frame in golden_frames()]
MESSAGES = [message for _, message in golden_messages()]


@st.composite
def mutated(draw: st.DrawFn, original: bytes) -> bytes:
    """Draw the bytes with a few of them replaced, removed, repeated or put in."""
    payload = bytearray(original)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(payload)))
        match draw(st.sampled_from(["put", "cut", "set", "repeat"])):
            case "put":
                payload[at:at] = draw(st.binary(min_size=1, max_size=4))
            case "cut":
                del payload[at : at + draw(st.integers(1, 16))]
            case "set":
                payload[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case _:
                payload[at:at] = payload[at : at + draw(st.integers(1, 64))]
    return bytes(payload)


def outcome(frame: Table, payload: bytes) -> object:
    try:
        return decode_frame(frame, payload)
    except Refused as refusal:
        return refusal


def assert_readable(verdict: object) -> None:
    """A verdict is readings that can be stored, or a refusal that says something."""
    if isinstance(verdict, Refused):
        assert str(verdict)
        return
    assert isinstance(verdict, tuple)
    for reading in verdict:
        assert isinstance(reading, Reading)
        assert reading.observed_at.tzinfo is not None
        assert -1 <= reading.boot < 2**31
        assert 0 <= reading.seq < 2**63
        assert 0 <= reading.quality < 2**15
        if reading.plate is not None:
            assert 0.0 <= reading.plate.confidence <= 1.0
            assert all(character.isprintable() for character in reading.plate.plate)


@pytest.mark.parametrize("family", sorted(CODECS))
@settings(deadline=None)
@given(payload=st.binary(max_size=300), port=st.integers(0, 255), seq=st.none() | st.integers(0, 2**32 - 1))
def test_decode_never_raises_on_random_bytes(family: str, payload: bytes, port: int, seq: int | None) -> None:
    uplink = Uplink(
        key="D0", payload=payload, received_at=RECEIVED_AT, port=port, seq=seq, server_at=SERVER_AT
    )
    sender = Sender(device_id=DeviceId("D0"), family=family, berth_ids=(BerthId("B0"),))
    verdict: object
    try:
        verdict = CODECS[family](uplink, sender)
    except Refused as refusal:
        verdict = refusal

    assert_readable(verdict)


@settings(deadline=None)
@given(data=st.data(), frame=st.sampled_from(FRAMES))
def test_decode_never_raises_on_mutated_golden_frames(data: st.DataObject, frame: Table) -> None:
    assert_readable(outcome(frame, data.draw(mutated(payload_of(frame)))))


@settings(deadline=None)
@given(data=st.data(), message=st.sampled_from(MESSAGES))
def test_unwrap_never_raises_on_mutated_golden_messages(data: st.DataObject, message: Table) -> None:
    payload = data.draw(mutated(message["text"].encode()))
    raw = RawMessage(topic=message["topic"], payload=payload, received_at=RECEIVED_AT)
    verdict: object
    try:
        verdict = unwrap(raw, "testcity")
    except Refused as refusal:
        verdict = str(refusal)

    assert verdict is None or verdict


@settings(deadline=None)
@given(root=st.sampled_from(sorted(ENVELOPES)), rest=st.text(max_size=60), payload=st.binary(max_size=60))
def test_any_topic_and_any_bytes_are_answered(root: str, rest: str, payload: bytes) -> None:
    intake = Intake(city_with("bosch-tps110"))
    raw = RawMessage(topic=f"{root}/{rest}", payload=payload, received_at=RECEIVED_AT)

    accepted, rejected = intake.admit([raw])

    assert len(accepted) + len(rejected) + intake.without_reading == 1


@settings(deadline=None)
@given(message=st.sampled_from(MESSAGES))
def test_unwrapping_twice_gives_the_same_number(message: Table) -> None:
    if "refused" not in message:
        assert unwrap(message_of(message), "testcity") == unwrap(message_of(message), "testcity")


@settings(deadline=None)
@given(st.integers(0, 126))
def test_bounds_of_a_duration_follow_one_another(count: int) -> None:
    bounds, following = lasted(count), lasted(count + 1)
    assert bounds is not None
    assert timedelta(0) < bounds[1] - bounds[0] <= timedelta(hours=1)
    assert following is None or following[0] == bounds[1]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=8), min_size=1, max_size=4))
def test_hash_tells_where_parts_begin(parts: list[bytes]) -> None:
    joined = b"".join(parts)

    assert 0 <= hash_key(*parts) < 2**63
    assert len(parts) == 1 or hash_key(*parts) != hash_key(joined)


@settings(deadline=None)
@given(body=st.binary(max_size=300), content_type=st.text(max_size=80))
def test_text_part_never_raises(body: bytes, content_type: str) -> None:
    assert isinstance(text_part(body, content_type), bytes)


@settings(deadline=None)
@given(
    data=st.data(), counts=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 8)), min_size=1, max_size=4)
)
def test_each_message_of_a_count_that_begins_anew_is_taken_once(
    data: st.DataObject, counts: list[tuple[int, int]]
) -> None:
    """Counts follow one another; before each message any earlier ones may be delivered again."""
    window: Window | None = None
    sent: list[tuple[int, datetime]] = []
    at = SERVER_AT
    for first, length in counts:
        for number in range(first, first + length):
            at += timedelta(minutes=3)
            for again in data.draw(st.lists(st.sampled_from(sent), max_size=3)) if sent else ():
                assert window is not None
                assert not window.take(*again)
            if window is None:
                window = Window.opened_by(number, at)
            else:
                assert window.take(number, at)
            sent.append((number, at))
