"""The live stream: whoever reads it ends with what the server has, whatever was missed on the way."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from guidance.board import Shown
from guidance.live import Event, delta_body, snapshot_body, wants_snapshot
from guidance.service.stream import BEAT, RETRY, RING_EVENTS, Stream
from tests.support.guidance import FREE, NOON, OCCUPIED, belief, minutes, small_desk


def parse(chunk: bytes) -> list[tuple[str, str, Any]]:
    """Name, id and body of each event in a chunk."""
    found = []
    for block in chunk.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "event" in lines:
            found.append((lines["event"], lines["id"], json.loads(lines["data"])))
    return found


def counting_stream() -> Stream:
    return Stream("run1", lambda: [Event("snapshot", {"sum": "all"})])


async def take(reader: AsyncIterator[bytes], count: int) -> list[bytes]:
    return [await anext(reader) for _ in range(count)]


def run_reader(stream: Stream, event_id: str | None, count: int) -> list[bytes]:
    async def read() -> list[bytes]:
        reader = stream.read(event_id, beat_s=0.01)
        chunks = await take(reader, count)
        await reader.aclose()
        return chunks

    return asyncio.run(read())


def test_a_new_reader_gets_a_snapshot_then_what_follows() -> None:
    async def read() -> list[bytes]:
        stream = counting_stream()
        stream.append(Event("delta", {"n": 1}))
        reader = stream.read(None)
        first = await take(reader, 2)
        stream.append(Event("delta", {"n": 2}))
        return [*first, *await take(reader, 1)]

    retry, snapshot, delta = asyncio.run(read())

    assert retry == RETRY
    assert parse(snapshot) == [("snapshot", "run1-1", {"sum": "all"})]
    assert parse(delta) == [("delta", "run1-2", {"n": 2})]


def test_a_reader_that_comes_back_gets_exactly_what_it_missed() -> None:
    stream = counting_stream()
    for number in range(1, 6):
        stream.append(Event("delta", {"n": number}))

    (_, missed) = run_reader(stream, "run1-2", 2)

    assert [body["n"] for _, _, body in parse(missed)] == [3, 4, 5]


@pytest.mark.parametrize("event_id", ["run0-2", "run1-x", "run1--1", "run1-99", "", "x"])
def test_an_id_that_names_nothing_here_starts_with_a_snapshot(event_id: str) -> None:
    stream = counting_stream()
    stream.append(Event("delta", {"n": 1}))

    (_, first) = run_reader(stream, event_id, 2)

    assert parse(first)[0][0] == "snapshot"


def test_a_reader_that_fell_behind_the_ring_starts_anew() -> None:
    stream = counting_stream()
    for number in range(RING_EVENTS + 2):
        stream.append(Event("delta", {"n": number}))

    assert stream.position_of("run1-1") is None
    assert stream.position_of("run1-2") == 2
    assert parse(run_reader(stream, "run1-1", 2)[1])[0][0] == "snapshot"
    assert len(parse(run_reader(stream, "run1-2", 2)[1])) == RING_EVENTS


def test_silence_is_filled_with_a_beat() -> None:
    assert run_reader(counting_stream(), None, 3)[2] == BEAT


def test_closing_ends_every_reader() -> None:
    async def read() -> list[bytes]:
        stream = counting_stream()
        reader = stream.read(None)
        chunks = await take(reader, 2)
        assert stream.readers == 1
        stream.close()
        chunks += [chunk async for chunk in reader]
        assert stream.readers == 0
        return chunks

    assert len(asyncio.run(read())) == 2


def test_a_restart_tells_every_reader_everything_again() -> None:
    stream = counting_stream()
    stream.append(Event("delta", {"n": 1}))
    stream.restart()

    (_, missed) = run_reader(stream, "run1-0", 2)

    assert [name for name, _, _ in parse(missed)] == ["delta", "snapshot"]


def test_a_snapshot_holds_a_byte_a_berth_in_the_order_of_the_ids() -> None:
    desk = small_desk(belief("A-1", FREE), belief("A-2", OCCUPIED))

    body = snapshot_body(desk.board, desk.latest.view)

    assert list(base64.b64decode(body["states"])) == [
        Shown.FREE, Shown.OCCUPIED, Shown.UNKNOWN, Shown.CLOSED,
    ]  # fmt: skip
    assert body["sections"] == {"S001": [1, 1, 0, 0], "S002": [0, 0, 1, 1]}


def test_a_delta_names_what_changed_and_nothing_else() -> None:
    desk = small_desk(belief("A-1", FREE), belief("B-1", FREE))
    before = desk.latest.view
    desk.board.apply([belief("B-1", OCCUPIED, minutes(1))], minutes(1))
    after = desk.board.view(minutes(1))

    body = delta_body(desk.board, before, after)

    assert body is not None
    assert body["berths"] == [[2, Shown.OCCUPIED]]
    assert body["sections"] == {"S002": [0, 1, 0, 1]}
    assert delta_body(desk.board, after, after) is None


def test_many_changes_at_once_are_a_snapshot() -> None:
    desk = small_desk()
    before = desk.latest.view
    desk.board.apply([belief("A-1", FREE)], NOON)
    one = desk.board.view(NOON)
    desk.board.apply([belief("A-2", FREE)], NOON)

    assert not wants_snapshot(before, one)
    assert wants_snapshot(before, desk.board.view(NOON))
