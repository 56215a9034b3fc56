"""What people tell signs through the API, and what the log keeps."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.http import build_app
from guidance.api import guidance_router
from guidance.desk import Desk
from guidance.signs import Frame
from guidance.store.signlog import confirm_frames, renew_frames, save_frames
from parking.ids import SignId
from parking.plumbing.database import Connection
from tests.support.asgi import Asker
from tests.support.enforcement_street import SetClock
from tests.support.guidance import (
    FREE,
    NOON,
    FlatQuotes,
    OneConnection,
    belief,
    minutes,
    no_streams,
    small_desk,
)

pytestmark = pytest.mark.database

SIGN = SignId("L2-01")
OVERRIDE = f"/api/v1/signs/{SIGN}/override"
CLOSED = {"lines": [{"text": "前方封路", "text_en": "ROAD CLOSED"}], "reason": "施工", "minutes": 30}


@pytest.fixture
def desk() -> Desk:
    return small_desk(belief("A-1", FREE), belief("B-1", FREE))


@pytest.fixture
def client(desk: Desk, connection: Connection) -> Asker:
    return Asker(
        build_app([guidance_router(desk, no_streams(), OneConnection(connection), FlatQuotes())], [], [])
    )


def shown(client: Asker) -> list[str]:
    return [row["text"] for row in client.get(f"/api/v1/signs/{SIGN}").json()["should_show"]]


def test_an_override_shows_until_it_is_lifted(client: Asker) -> None:
    before = shown(client)

    told = client.put(OVERRIDE, json=CLOSED)
    during = client.get(f"/api/v1/signs/{SIGN}").json()
    lifted = client.delete(OVERRIDE)

    assert (told.status_code, told.json()["until_at"]) == (200, "2026-05-06T04:30:00Z")
    assert during["override"] == told.json()
    assert [row["text"] for row in during["should_show"]] == ["前方封路", ""]
    assert lifted.status_code == 204
    assert shown(client) == before


def test_an_override_ends_by_itself(client: Asker, desk: Desk) -> None:
    before = shown(client)
    client.put(OVERRIDE, json=CLOSED)
    assert isinstance(desk.clock, SetClock)

    desk.clock.at = minutes(30)

    assert shown(client) == before


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"lines": []}, "bad-value"),
        ({"lines": [CLOSED["lines"]] * 9}, "bad-value"),
        ({"lines": [{"text": "a", "text_en": "b"}] * 3}, "too-many-lines"),
        ({"lines": [{"text": "封路", "text_en": "封路"}]}, "bad-value"),
        ({"minutes": 0}, "bad-value"),
        ({"minutes": 2000}, "bad-value"),
        ({"reason": ""}, "bad-value"),
    ],
)
def test_an_override_that_makes_no_sense_is_refused(client: Asker, change: dict[str, Any], kind: str) -> None:
    response = client.put(OVERRIDE, json={**CLOSED, **change})

    assert (response.status_code, response.json()["type"]) == (422, f"/problems/{kind}")


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (lambda client: client.delete(OVERRIDE), "no-override"),
        (lambda client: client.delete("/api/v1/signs/X/override"), "unknown-sign"),
        (lambda client: client.put("/api/v1/signs/X/override", json=CLOSED), "unknown-sign"),
    ],
)
def test_what_is_not_there_cannot_be_told(
    client: Asker, ask: Callable[[Asker], httpx.Response], kind: str
) -> None:
    response = ask(client)

    assert (response.status_code, response.json()["type"]) == (404, f"/problems/{kind}")


def test_the_log_of_a_sign_comes_in_pages(client: Asker, desk: Desk, connection: Connection) -> None:
    rows = desk.plan.rows(SIGN, desk.plan.add_up(desk.latest.view), NOON, fresh=True)
    frames = [
        Frame(
            sign_id=SIGN, frame_no=number, rows=rows, as_of=NOON, published_at=minutes(number),
            expires_at=minutes(number + 5), cause="change",
        )
        for number in (1, 2, 3)
    ]  # fmt: skip
    save_frames(connection, frames)
    renew_frames(connection, [frames[2]], minutes(9))
    confirm_frames(connection, [(2, SIGN, minutes(2.1))])

    first = client.get(f"/api/v1/signs/{SIGN}/frames", params={"limit": 2}).json()
    rest = client.get(f"/api/v1/signs/{SIGN}/frames", params={"cursor": first["next_cursor"]}).json()

    assert [each["frame_no"] for each in first["frames"]] == [3, 2]
    assert first["frames"][0]["renewed_at"] == "2026-05-06T04:09:00Z"
    assert first["frames"][1]["shown_at"] == "2026-05-06T04:02:06Z"
    assert [row["text"] for row in first["frames"][0]["rows"]] == [row.text for row in rows]
    assert ([each["frame_no"] for each in rest["frames"]], rest["next_cursor"]) == ([1], None)
