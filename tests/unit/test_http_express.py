"""The short way to the routes asked most: the same answers, the same refusals, the same guard."""

import json
from typing import Any

import pytest
from fastapi import FastAPI

from app.access import LocalGuard
from app.http import API, build_app
from guidance.api import guidance_api
from guidance.api.models.berths import BerthDetail
from guidance.api.models.nearby import NearbyBody
from guidance.store.loans import Loans
from parking.plumbing.database import Connection
from tests.support.asgi import Asker
from tests.support.guidance import (
    FREE,
    OCCUPIED,
    FlatQuotes,
    NoLoans,
    OneConnection,
    belief,
    no_streams,
    small_desk,
)

HERE = {"host": "127.0.0.1"}
SEARCHES = [
    "lat=31.7&lon=113.38",
    "place=%E8%A7%A3%E6%94%BE%E8%B7%AF&needs=resident&needs=disabled",
    "lat=31.7&lon=113.38&stay_min=30&arrive_in_min=20&energy=nev&limit=1&needs=resident",
    "lat=31.7&lon=",
    "lat=31.7",
    "lat=north&lon=113",
    "lat=31.7&lon=113.38&stay_min=525600",
    "lat=31.7&lon=113.38&needs=helicopter",
    "lat=31.7&lon=113.38&energy=steam",
    "lat=48.2&lon=16.37",
    "place=nowhere",
]


def an_app(loans: Loans, *, is_short: bool) -> FastAPI:
    desk = small_desk(belief("A-1", FREE), belief("B-1", OCCUPIED))
    room = guidance_api(desk, no_streams(), loans, FlatQuotes())
    return build_app([room.router], [], [], LocalGuard(), room.express if is_short else None)


def asked(app: FastAPI, path: str) -> tuple[int, str, Any]:
    answer = Asker(app).get(f"{API}{path}", headers=HERE)
    return answer.status_code, answer.headers["content-type"], answer.json()


@pytest.mark.parametrize("query", SEARCHES)
def test_both_ways_say_the_same_of_a_search(query: str) -> None:
    short = asked(an_app(NoLoans(), is_short=True), f"/nearby?{query}")

    assert short == asked(an_app(NoLoans(), is_short=False), f"/nearby?{query}")
    if short[0] == 200:
        NearbyBody.model_validate_json(json.dumps(short[2]), strict=True)


@pytest.mark.database
def test_both_ways_say_the_same_of_a_berth(connection: Connection) -> None:
    loans = OneConnection(connection)
    for name in ("A-1", "A-2", "nowhere", "ids"):
        short = asked(an_app(loans, is_short=True), f"/berths/{name}")
        assert short == asked(an_app(loans, is_short=False), f"/berths/{name}")
        if short[0] == 200 and name != "ids":
            BerthDetail.model_validate_json(json.dumps(short[2]), strict=True)


def test_a_lost_database_is_told_of_as_on_the_ordinary_way() -> None:
    answer = Asker(an_app(NoLoans(), is_short=True)).get(f"{API}/berths/A-1", headers=HERE)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_the_guard_stands_on_the_short_way_too() -> None:
    answer = Asker(an_app(NoLoans(), is_short=True)).get(
        f"{API}/nearby?lat=31.7&lon=113.38", headers={"host": "elsewhere.example"}
    )

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/foreign-host")
