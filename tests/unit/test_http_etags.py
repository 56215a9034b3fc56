"""Answers that somebody has already are not sent again; what must not be kept is not tagged."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from app.access import LocalGuard
from app.etags import LARGEST
from app.http import API, build_app
from guidance.api import guidance_api
from guidance.desk import Desk
from tests.support.asgi import Asker
from tests.support.enforcement_street import SetClock
from tests.support.guidance import (
    FREE,
    OCCUPIED,
    FlatQuotes,
    NoLoans,
    belief,
    minutes,
    no_streams,
    small_desk,
)

HERE = {"host": "127.0.0.1"}


@pytest.fixture
def desk() -> Desk:
    return small_desk(belief("A-1", FREE), belief("B-1", OCCUPIED))


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    room = guidance_api(desk, no_streams(), NoLoans(), FlatQuotes())
    return build_app([room.router], [], [], LocalGuard(), room.express)


def test_what_one_has_is_not_sent_again_until_it_changes(app: FastAPI, desk: Desk) -> None:
    asker = Asker(app)
    first = asker.get(f"{API}/sections", headers=HERE)
    etag = first.headers["etag"]

    assert isinstance(desk.clock, SetClock)
    desk.clock.at = minutes(0.05)  # older by three seconds, and still the same
    again = asker.get(f"{API}/sections", headers={**HERE, "if-none-match": f'"other", {etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)

    desk.board.apply([belief("A-1", OCCUPIED, minutes(0.1))], minutes(0.1))
    desk.clock.at = minutes(0.1)
    desk.latest.put(desk.board.view(minutes(0.1)))
    changed = asker.get(f"{API}/sections", headers={**HERE, "if-none-match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


@pytest.mark.parametrize("path", ["/nearby?lat=31.7&lon=113.38", "/nearby?place=nowhere", "/zones/none"])
def test_what_must_not_be_kept_has_no_etag(app: FastAPI, path: str) -> None:
    assert "etag" not in Asker(app).get(f"{API}{path}", headers=HERE).headers


def test_an_answer_too_large_to_be_held_back_is_sent_as_it_is(app: FastAPI) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * LARGEST

    @app.get("/large")
    async def large() -> StreamingResponse:
        return StreamingResponse(parts(), media_type="application/json")

    answer = Asker(app).get("/large", headers=HERE)

    assert len(answer.content) == 3 * LARGEST
    assert "etag" not in answer.headers
