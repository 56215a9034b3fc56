"""The stream of messages: day after day without a seam, the same wherever one begins to read."""

import json
from datetime import date, datetime, timedelta

import pytest

from parking.clock import day_span
from simulators.calendar import to_ms
from simulators.days import World, generate_day
from simulators.messages import Encoder, InstantText, Message
from simulators.stream import Stream
from tests.support.simulated import SHANGHAI, make_city, make_world

DAY = date(2026, 9, 9)
MIDNIGHT_MS = to_ms(day_span(DAY, SHANGHAI).end_at)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(make_city(sections=3, berths=10))


def open_stream(world: World, at_ms: int) -> Stream:
    stream = Stream(lambda on: generate_day(world, on), Encoder(world), SHANGHAI)
    stream.seek(at_ms)
    return stream


def read(stream: Stream, until_ms: int, limit: int = 100) -> list[Message]:
    taken: list[Message] = []
    while stream.position_ms < until_ms:
        taken += stream.take(limit, until_ms)
    return taken


def test_reading_goes_on_over_midnight_in_order(world: World) -> None:
    start_ms, until_ms = MIDNIGHT_MS - 3_600_000, MIDNIGHT_MS + 3_600_000
    messages = read(open_stream(world, start_ms), until_ms)
    times = [message.publish_ms for message in messages]

    assert times == sorted(times)
    assert times[0] < MIDNIGHT_MS <= times[-1] < until_ms
    assert len(messages) == len(set(messages))


@pytest.mark.parametrize("limit", [1, 7, 10_000])
def test_messages_do_not_depend_on_where_or_how_they_are_read(world: World, limit: int) -> None:
    start_ms, until_ms = MIDNIGHT_MS - 3_600_000, MIDNIGHT_MS + 3_600_000
    whole = read(open_stream(world, start_ms), until_ms)
    middle = whole[len(whole) // 3].publish_ms
    rest = read(open_stream(world, middle), until_ms, limit)

    assert rest == [message for message in whole if message.publish_ms >= middle]


def test_seeking_back_gives_the_same_again(world: World) -> None:
    stream = open_stream(world, MIDNIGHT_MS - 600_000)
    first = read(stream, MIDNIGHT_MS + 600_000)
    stream.seek(MIDNIGHT_MS - 600_000)

    assert read(stream, MIDNIGHT_MS + 600_000) == first


def test_earlier_counts_messages_back(world: World) -> None:
    stream = open_stream(world, MIDNIGHT_MS - 3_600_000)
    taken = stream.take(60, MIDNIGHT_MS)

    assert stream.earlier_ms(50) == taken[10].publish_ms
    assert stream.earlier_ms(10**6) < MIDNIGHT_MS - 86_400_000


def test_counting_ahead_is_exact_within_the_day(world: World) -> None:
    start_ms = MIDNIGHT_MS - 3_600_000
    stream = open_stream(world, start_ms)
    count = stream.count_until(MIDNIGHT_MS)

    assert len(read(stream, MIDNIGHT_MS)) == count
    assert open_stream(world, start_ms).count_until(MIDNIGHT_MS + 86_400_000) > 10 * count


def test_a_stretch_without_messages_is_passed_over() -> None:
    world = make_world(make_city(sections=2, berths=1, patrols=0))
    stream = open_stream(world, MIDNIGHT_MS - 80_000_000)
    first_ms = read(stream, MIDNIGHT_MS)[0].publish_ms
    stream.seek(first_ms - 1_000)

    assert stream.take(10, first_ms) == []
    assert stream.position_ms == first_ms


def test_payloads_carry_local_time_with_offset(world: World) -> None:
    message = read(open_stream(world, MIDNIGHT_MS - 600_000), MIDNIGHT_MS)[0]
    at = datetime.fromisoformat(json.loads(message.payload)["at"])

    assert to_ms(at) == message.publish_ms
    assert at.utcoffset() == timedelta(hours=8)


def test_instants_are_written_to_the_millisecond() -> None:
    text = InstantText(SHANGHAI)

    assert text(1_788_796_800_007) == "2026-09-08T00:00:00.007+08:00"
    assert text(1_788_796_800_999) == "2026-09-08T00:00:00.999+08:00"
    assert text(1_788_796_801_000) == "2026-09-08T00:00:01.000+08:00"
