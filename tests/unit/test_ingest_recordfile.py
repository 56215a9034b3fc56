"""A record of raw traffic is read as it was written, whatever became of its last block."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.recordfile import MAGIC, Recorder, decode_block, encode_block, read_record
from parking.errors import SetupError
from parking.readings import RawMessage

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def messages(count: int) -> list[RawMessage]:
    return [
        RawMessage(topic=f"citypark/x/up/geo/G{n}", payload=bytes([n]) * n, received_at=NOW + n * SECOND)
        for n in range(count)
    ]


def write(path: Path, *blocks: list[RawMessage]) -> None:
    recorder = Recorder(path)
    for block in blocks:
        recorder.write(block)
    recorder.close()


def test_record_is_read_as_it_was_written_and_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "record"
    write(path, messages(3), [])
    write(path, messages(2))

    assert list(read_record(path)) == [messages(3), messages(2)]


@pytest.mark.parametrize("lost", [1, 5, 9, 30])
def test_block_cut_short_is_left_out_and_more_may_follow(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "record"
    write(path, messages(3), messages(40))
    path.write_bytes(path.read_bytes()[:-lost])

    assert list(read_record(path)) == [messages(3)]
    write(path, messages(5))
    assert list(read_record(path)) == [messages(3), messages(5)]


def test_flipped_bit_ends_the_record_before_its_block(tmp_path: Path) -> None:
    path = tmp_path / "record"
    write(path, messages(3), messages(9))
    body = bytearray(path.read_bytes())
    body[-3] ^= 0x10
    path.write_bytes(bytes(body))

    assert list(read_record(path)) == [messages(3)]


def test_other_files_are_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir")

    with pytest.raises(SetupError, match="not a record"):
        list(read_record(path))
    with pytest.raises(SetupError, match="not a record"):
        Recorder(path)
    assert path.read_text() == "Dear Sir"
    with pytest.raises(SetupError, match="cannot be read"):
        list(read_record(tmp_path / "absent"))


@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_none(body: bytes) -> None:
    found = decode_block(body)

    assert found is None or isinstance(found, list)


@given(
    st.lists(
        st.builds(
            RawMessage,
            topic=st.text(st.characters(codec="utf-8"), max_size=20),
            payload=st.binary(max_size=50),
            received_at=st.datetimes(timezones=st.just(UTC)),
        )
    )
)
def test_every_block_is_read_back(rows: list[RawMessage]) -> None:
    assert decode_block(encode_block(rows)[8:]) == rows


def test_record_is_smaller_than_its_payload(tmp_path: Path) -> None:
    path = tmp_path / "record"
    body = b'{"v":1,"seq":1,"kind":"heartbeat","occupied":true,"at":"2026-11-23T12:00:00+08:00"}'
    rows = [RawMessage(topic="citypark/x/up/geo/G1", payload=body, received_at=NOW)] * 1_000
    write(path, rows)

    assert path.read_bytes().startswith(MAGIC)
    assert path.stat().st_size * 10 < 1_000 * len(body)
