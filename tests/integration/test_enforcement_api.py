"""The feed over HTTP: pages, the cursor that loses nothing, and the stream."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from fastapi import FastAPI

from enforcement.api import enforcement_router
from enforcement.api.tail import Tail
from enforcement.store.reads import Loans, ViolationReads
from parking.plumbing.database import Connection, connect, transaction
from tests.support.asgi import Asker
from tests.support.enforcement import CHARGING, FUEL, LIMITED, minute
from tests.support.enforcement_street import WrittenStreet, drain, opened

pytestmark = pytest.mark.database


@contextmanager
def lend(url: str) -> Iterator[Connection]:
    with connect(url, "api") as connection, transaction(connection):
        yield connection


@pytest.fixture
def loans(database_url: str) -> Loans:
    return partial(lend, database_url)


@pytest.fixture
def client(loans: Loans) -> Asker:
    app = FastAPI()
    app.include_router(enforcement_router(loans), prefix="/api/v1")
    return Asker(app)


@pytest.fixture
def street(connection: Connection) -> WrittenStreet:
    return WrittenStreet(connection)


def offend(street: WrittenStreet, database_url: str, times: int = 1) -> None:
    """Let a car overstay so many times, and one stand in a charging berth."""
    for number in range(times):
        start = number * 200
        stay_id = street.arrive(LIMITED, minute(start), f"S-{number}")
        street.leave(LIMITED, stay_id, minute(start + 100), minute(start + 101))
    charging = street.arrive(CHARGING, minute(0), "S-charging")
    street.see(CHARGING, minute(1), FUEL)
    street.leave(CHARGING, charging, minute(60), minute(60))
    service = opened(database_url, minute(6000) + timedelta(minutes=times))
    drain(service)
    service.close()


def test_violations_come_in_pages_and_by_filter(
    client: Asker, street: WrittenStreet, database_url: str
) -> None:
    offend(street, database_url, times=4)
    pages, cursor = list[list[str]](), None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        body = client.get("/api/v1/violations", params=query).json()
        pages.append([each["violation_id"] for each in body["violations"]])
        if (cursor := body["next_cursor"]) is None:
            break
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len({name for page in pages for name in page}) == 5
    for query, count in (
        ({"state": "lead"}, 4),
        ({"state": "actionable"}, 1),
        ({"rule": "no-charging"}, 1),
        ({"section": "S001"}, 5),
        ({"section": "S999"}, 0),
    ):
        found = client.get("/api/v1/violations", params=query).json()["violations"]
        assert len(found) == count, query


def test_plates_are_masked_everywhere(client: Asker, street: WrittenStreet, database_url: str) -> None:
    offend(street, database_url)
    listed = client.get("/api/v1/violations", params={"state": "actionable"})
    (violation,) = listed.json()["violations"]
    shown = client.get(f"/api/v1/violations/{violation['violation_id']}")
    fed = client.get("/api/v1/violations/feed")
    assert violation["plate"] == "鄂S·1**45"
    for answer in (listed, shown, fed):
        assert FUEL not in answer.text
        assert "鄂S·1**45" in answer.text


def test_a_violation_shows_its_evidence_and_steps(
    client: Asker, street: WrittenStreet, database_url: str
) -> None:
    offend(street, database_url)
    (violation,) = client.get("/api/v1/violations?state=actionable").json()["violations"]
    detail = client.get(f"/api/v1/violations/{violation['violation_id']}").json()
    assert detail["evidence"]["keys"] == [[f"G-{CHARGING}"], ["C-1"]]
    assert [event["event"] for event in detail["events"]] == ["detected"]
    assert client.get("/api/v1/violations/V-none").status_code == 404


def test_the_feed_goes_on_where_a_reader_stopped(
    client: Asker, street: WrittenStreet, database_url: str
) -> None:
    offend(street, database_url, times=3)
    after, seen, more = 0, list[int](), True
    while more:
        body = client.get("/api/v1/violations/feed", params={"after": after, "limit": 2}).json()
        seen += [event["event_no"] for event in body["events"]]
        after, more = body["next_after"], body["more"]
    assert seen == sorted(set(seen))
    assert len(seen) == 4
    assert client.get("/api/v1/violations/feed", params={"after": after}).json() == {
        "events": [],
        "next_after": after,
        "more": False,
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/violations?cursor=nonsense", 422),
        ("/api/v1/violations?state=guilty", 422),
        ("/api/v1/violations?limit=0", 422),
        ("/api/v1/violations/feed?after=-1", 422),
        ("/api/v1/violations/stream?last_event_id=x", 422),
    ],
)
def test_a_wrong_request_is_refused(client: Asker, path: str, status: int) -> None:
    assert client.get(path).status_code == status


async def read_events(stream: AsyncIterator[bytes], count: int) -> list[dict[str, Any]]:
    """Read so many events off the stream; it must not send more in the same breath."""
    found = list[dict[str, Any]]()
    async for block in stream:
        for line in block.decode().splitlines():
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
        if len(found) >= count:
            return found
    return found


def test_the_stream_brings_what_was_missed_and_what_comes(
    loans: Loans, street: WrittenStreet, database_url: str
) -> None:
    async def follow() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        tail = Tail(ViolationReads(loans))
        async with aclosing(tail.follow(0)) as stream:
            missed = await read_events(stream, 2)
            stay_id = street.arrive(LIMITED, minute(400), "S-later")
            street.leave(LIMITED, stay_id, minute(500), minute(501))
            service = opened(database_url)
            drain(service)
            service.close()
            async with aclosing(tail.follow(missed[-1]["event_no"])) as other:
                both = await asyncio.gather(read_events(stream, 1), read_events(other, 1))
        assert tail.readers == 0
        assert both[0] == both[1]
        return missed, both[0]

    offend(street, database_url)
    missed, news = asyncio.run(follow())
    assert {event["rule"] for event in missed} == {"no-charging", "overstay"}
    assert [event["stay_id"] for event in news] == ["S-later"]


def test_a_reader_without_a_number_gets_only_what_comes(
    loans: Loans, street: WrittenStreet, database_url: str
) -> None:
    async def first_block() -> list[bytes]:
        async with aclosing(Tail(ViolationReads(loans)).follow(None)) as stream:
            blocks = [await anext(stream)]
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    blocks.append(await anext(stream))
        return blocks

    offend(street, database_url)
    assert asyncio.run(first_block()) == [b"retry: 2000\n\n"]
