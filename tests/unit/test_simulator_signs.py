"""Sign controllers: a frame is shown until it expires, acknowledged once, and never outlived."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from parking.ids import SignId
from simulators.devices.sign import FALLBACK, Frame, SignBoard, decode_frame, encode_ack

NOW = datetime(2026, 9, 9, 4, tzinfo=UTC)
SIGN = SignId("L2-01")


def frame(frame_no: int = 12, free: int = 7, expires_at: datetime = NOW + timedelta(minutes=5)) -> Frame:
    row = {"name": "解放路", "free": free, "text": f"解放路 ← {free}"}
    body = {
        "v": 1,
        "sign": SIGN,
        "frame_no": frame_no,
        "published_at": NOW.isoformat(),
        "expires_at": expires_at.isoformat(),
        "rows": [row],
    }
    decoded = decode_frame(json.dumps(body).encode())
    assert decoded is not None
    return decoded


def test_a_new_frame_is_shown_and_acknowledged_once() -> None:
    board = SignBoard()

    assert board.take(SIGN, frame(), NOW)
    assert not board.take(SIGN, frame(), NOW + timedelta(seconds=60))
    assert board.take(SIGN, frame(frame_no=13, free=6), NOW + timedelta(seconds=61))
    assert board.shown()[SIGN].lines == ("解放路 ← 6",)


def test_a_frame_that_expires_gives_way_to_the_fallback_by_itself() -> None:
    board = SignBoard()
    board.take(SIGN, frame(), NOW)

    assert board.advance(NOW + timedelta(minutes=4, seconds=59)) == []
    assert board.advance(NOW + timedelta(minutes=5)) == [SIGN]
    assert board.shown()[SIGN].lines == (FALLBACK,)
    assert board.shown()[SIGN].frame_no is None
    assert board.advance(NOW + timedelta(minutes=6)) == []


def test_a_renewed_frame_lives_on() -> None:
    board = SignBoard()
    board.take(SIGN, frame(), NOW)
    board.take(SIGN, frame(expires_at=NOW + timedelta(minutes=9)), NOW + timedelta(minutes=4))

    assert board.advance(NOW + timedelta(minutes=6)) == []


def test_old_frames_and_those_of_other_signs_are_not_shown() -> None:
    board = SignBoard()

    assert not board.take(SIGN, frame(expires_at=NOW), NOW)
    assert not board.take(SignId("L1-09"), frame(), NOW)
    assert board.shown() == {}


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b'{"sign": "a"}', b'{"sign":"a","frame_no":1,"expires_at":"noon","rows":[]}', b"\xfe"],
)
def test_what_is_no_frame_is_passed_over(payload: bytes) -> None:
    assert decode_frame(payload) is None


def test_the_acknowledgement_names_the_frame_and_when_it_was_shown() -> None:
    assert json.loads(encode_ack(SIGN, 12, NOW)) == {
        "v": 1,
        "sign": SIGN,
        "frame_no": 12,
        "shown_at": "2026-09-09T04:00:00Z",
    }
