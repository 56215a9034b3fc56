"""The public API over a small city: what each route says, and how it refuses."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from app.http import build_app
from guidance.api import guidance_router
from guidance.board import Belief
from guidance.desk import Desk
from guidance.signbook import SignStatus
from guidance.signs import Frame
from parking.ids import SignId
from parking.plumbing.health import Health
from tests.support.asgi import Asker
from tests.support.enforcement_street import SetClock
from tests.support.guidance import (
    FREE,
    NOON,
    OCCUPIED,
    FlatQuotes,
    NoLoans,
    belief,
    minutes,
    no_streams,
    small_desk,
)

ALL = (belief("A-1", FREE), belief("A-2", OCCUPIED), belief("B-1", FREE, minutes(-1)))
NEAR = {"lat": 31.70, "lon": 113.3765}


def app_of(desk: Desk, quotes: FlatQuotes | None = None, healths: Sequence[Health] = ()) -> FastAPI:
    streams = no_streams()
    return build_app([guidance_router(desk, streams, NoLoans(), quotes or FlatQuotes())], [], healths)


def get(
    app: FastAPI, path: str, params: dict[str, Any] | None = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    return Asker(app).get(path, params=params, headers=headers)


def ask(path: str, *beliefs: Belief, **params: Any) -> Any:  # noqa: ANN401  JSON
    response = get(app_of(small_desk(*(beliefs or ALL))), f"/api/v1{path}", params)
    assert response.status_code == 200, response.text
    return response.json()


def test_the_city_tells_its_counts_and_their_age() -> None:
    body = ask("/city")

    assert (body["city_id"], body["zone_count"], body["section_count"]) == ("small", 2, 2)
    assert body["berths"] == {"free": 2, "occupied": 1, "unknown": 0, "closed": 1, "capacity": 4}
    assert body["freshness"] == {"as_of": "2026-05-06T04:00:00Z", "age_s": 0.0, "fresh": True}


def test_zones_and_sections_tell_their_own_counts() -> None:
    zones = {zone["zone_id"]: zone["berths"] for zone in ask("/zones")["zones"]}
    sections = {each["section_id"]: each["berths"] for each in ask("/sections")["sections"]}

    assert zones["Z1"] == sections["S001"] == ask("/sections/S001")["berths"]
    assert zones["Z3"] == sections["S002"] == ask("/zones/Z3")["berths"]
    assert [each["section_id"] for each in ask("/sections", zone="Z3")["sections"]] == ["S002"]


def test_sections_come_as_geojson_with_their_counts() -> None:
    response = get(app_of(small_desk(*ALL)), "/api/v1/sections.geojson")

    body = response.json()
    assert response.headers["content-type"] == "application/geo+json"
    assert body["type"] == "FeatureCollection"
    first = body["features"][0]
    assert first["geometry"] == {"type": "LineString", "coordinates": [[113.38, 31.7], [113.381, 31.7]]}
    assert first["properties"]["free"] == 1


def test_berths_come_in_pages_that_join_up() -> None:
    first = ask("/berths", limit=3)
    second = ask("/berths", limit=3, cursor=first["next_cursor"])

    names = [each["berth_id"] for each in (*first["berths"], *second["berths"])]
    assert names == ["A-1", "A-2", "B-1", "B-2"]
    assert [each["state"] for each in first["berths"]] == ["free", "occupied", "free"]
    assert [each["age_s"] for each in first["berths"]] == [0.0, 0.0, 60.0]
    assert second["next_cursor"] is None


def test_berths_of_one_section() -> None:
    assert [each["berth_id"] for each in ask("/berths", section="S002")["berths"]] == ["B-1", "B-2"]


def test_columns_of_all_berths_are_parallel_and_named_by_the_layout() -> None:
    body = ask("/berths/ids")

    assert body["ids"] == ["A-1", "A-2", "B-1", "B-2"]
    assert [body["section_ids"][number] for number in body["section_no"]] == ["S001", "S001", "S002", "S002"]
    assert body["kind"] == ["ordinary", "resident", "ordinary", "disabled"]
    assert body["time_limit_min"] == [60, None, None, None]
    assert body["layout"] == ask("/city")["layout"]


@pytest.mark.parametrize("path", ["/api/v1/city.geojson", "/api/v1/berths/ids"])
def test_what_never_changes_is_not_sent_twice(path: str) -> None:
    app = app_of(small_desk())
    first = get(app, path)

    again = get(app, path, headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert get(app, path, headers={"Accept-Encoding": "identity"}).json() == first.json()


def test_nearby_gives_every_part_of_its_answer() -> None:
    body = ask("/nearby", **NEAR, stay_min=50)

    first, second = body["suggestions"]
    assert [first["section_id"], second["section_id"]] == ["S001", "S002"]
    assert (first["price_fen"], first["tariff"]) == (300, "flat")
    assert first["usable"] == {"free": 1, "occupied": 0, "unknown": 0, "closed": 0, "capacity": 1}
    parts = first["parts"]
    total = parts["walk_min"] + parts["price_min"] + parts["search_min"]
    assert parts["total_min"] == pytest.approx(total, abs=0.15)
    assert body["asked"]["arrive_at"] == "2026-05-06T04:00:00Z"
    assert body["freshness"]["fresh"] is True


def test_nearby_follows_stay_energy_and_place() -> None:
    by_name = ask("/nearby", place="测试路段", stay_min=50)
    longer = ask("/nearby", **NEAR, stay_min=130, energy="nev", arrive_in_min=15)

    assert by_name["asked"]["place"] == "测试路段"
    assert [each["section_id"] for each in longer["suggestions"]] == ["S002"]  # A-1 allows an hour
    assert longer["suggestions"][0]["price_fen"] == 450
    assert longer["asked"]["arrive_at"] == "2026-05-06T04:15:00Z"


def test_nearby_asks_for_a_price_once_per_group_of_sections() -> None:
    quotes = FlatQuotes()
    app = app_of(small_desk(*ALL), quotes)

    for _ in range(3):
        assert get(app, "/api/v1/nearby", NEAR).status_code == 200

    assert quotes.asked == 1


def test_nearby_says_so_where_no_tariff_is_in_force() -> None:
    app = app_of(small_desk(*ALL), FlatQuotes(unpriced=frozenset({"S001", "S002"})))

    suggestions = get(app, "/api/v1/nearby", NEAR).json()["suggestions"]

    assert [each["price_fen"] for each in suggestions] == [None, None]


def test_when_the_street_is_silent_nothing_is_free_and_the_answer_says_why() -> None:
    desk = small_desk(*ALL, at=minutes(24 * 60))
    body = get(app_of(desk), "/api/v1/nearby", NEAR).json()

    assert [each["usable"]["free"] for each in body["suggestions"]] == [0, 0]
    assert body["freshness"] == {"as_of": "2026-05-06T04:00:00Z", "age_s": 86400.0, "fresh": False}


def given(desk: Desk, expires_min: float, *, confirmed: bool) -> None:
    """Give the sign what it should show."""
    sign = desk.city.signs[SignId("L2-01")]
    sums = desk.plan.add_up(desk.latest.view)
    frame = Frame(
        sign_id=sign.sign_id, frame_no=7, rows=desk.plan.rows(sign.sign_id, sums, NOON, fresh=True),
        as_of=NOON, published_at=NOON, expires_at=minutes(expires_min), cause="change",
    )  # fmt: skip
    desk.signs.put(SignStatus(frame=frame, shown_at=NOON if confirmed else None, heard_at=NOON))


@pytest.mark.parametrize(
    ("expires_min", "confirmed", "agrees"), [(5, True, True), (5, False, False), (-1, True, False)]
)
def test_a_sign_shows_what_it_should_beside_what_it_was_given(
    expires_min: float, *, confirmed: bool, agrees: bool
) -> None:
    desk = small_desk(*ALL)
    given(desk, expires_min, confirmed=confirmed)

    body = get(app_of(desk), "/api/v1/signs/L2-01").json()

    assert [row["text"] for row in body["should_show"]] == ["测试路段 ↑ 余少 1", "解放路 ← 2"]
    assert body["given"]["rows"] == body["should_show"]
    assert (body["given"]["expired"], body["agrees"]) == (expires_min < 0, agrees)


def test_a_sign_that_was_given_nothing_says_so() -> None:
    (sign,) = ask("/signs")["signs"]

    assert (sign["given"], sign["agrees"], sign["heard_at"]) == (None, False, None)


def test_status_gathers_the_figures() -> None:
    body = ask("/status")

    assert body["city"]["free"] == 2
    assert body["zones"]["Z1"]["capacity"] == 2
    assert body["signs"] == {"total": 1, "fresh": 0, "confirmed": 0}
    assert (body["stays_open"], body["rejects_today"]) == (None, 0)


@pytest.mark.parametrize(
    ("path", "params", "status", "kind"),
    [
        ("/zones/X", {}, 404, "unknown-zone"),
        ("/sections/X", {}, 404, "unknown-section"),
        ("/sections", {"zone": "X"}, 404, "unknown-zone"),
        ("/berths/X", {}, 404, "unknown-berth"),
        ("/berths", {"section": "X"}, 404, "unknown-section"),
        ("/berths", {"cursor": "X"}, 422, "bad-cursor"),
        ("/berths", {"limit": 0}, 422, "bad-value"),
        ("/signs/X", {}, 404, "unknown-sign"),
        ("/signs/X/frames", {}, 404, "unknown-sign"),
        ("/nearby", {}, 422, "no-position"),
        ("/nearby", {"lat": 31.7}, 422, "no-position"),
        ("/nearby", {"lat": 39.9, "lon": 116.4}, 422, "outside-city"),
        ("/nearby", {"lat": 91, "lon": 116.4}, 422, "bad-value"),
        ("/nearby", {"place": "长安街"}, 404, "unknown-place"),
        ("/nearby", {**NEAR, "stay_min": 365 * 24 * 60}, 422, "bad-value"),
        ("/nearby", {**NEAR, "energy": "steam"}, 422, "bad-value"),
        ("/nearby", {**NEAR, "arrive_in_min": -1}, 422, "bad-value"),
        ("/rejects", {"reason": "ugly"}, 422, "bad-value"),
        ("/berths/A-1", {}, 503, "unavailable"),
        ("/rejects", {}, 503, "unavailable"),
        ("/nothing", {}, 404, "not-found"),
    ],
)
def test_a_refusal_is_a_problem_that_says_what_is_wrong(
    path: str, params: dict[str, Any], status: int, kind: str
) -> None:
    response = get(app_of(small_desk(*ALL)), f"/api/v1{path}", params)

    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, body["status"], body["type"]) == (status, status, f"/problems/{kind}")
    assert body["title"]
    assert body["detail"]
    assert (response.headers.get("retry-after") is not None) == (status == 503)


def test_a_wrong_value_is_named() -> None:
    response = get(app_of(small_desk()), "/api/v1/nearby", {**NEAR, "stay_min": 525600})

    assert response.json()["detail"].startswith("stay_min: ")


def test_health_tells_which_part_is_not_ready() -> None:
    board, signs = Health("board"), Health("signs")
    board.pass_("start")
    app = app_of(small_desk(), healths=[board, signs])

    assert get(app, "/healthz").status_code == 200
    ready = get(app, "/readyz")
    assert (ready.status_code, ready.json()["faults"]) == (503, {"signs.start": "starting"})

    signs.pass_("start")
    assert get(app, "/readyz").status_code == 200
    assert "python_info" in get(app, "/metrics").text


def test_every_operation_is_described_with_what_it_may_refuse() -> None:
    schema = get(app_of(small_desk()), "/openapi.json").json()

    for path, operations in schema["paths"].items():
        assert path.startswith("/api/v1/")
        for operation in operations.values():
            assert operation.get("description") or operation.get("summary"), path
            refusals = {status: each for status, each in operation["responses"].items() if status >= "400"}
            assert refusals, path
            for answer in refusals.values():
                assert list(answer["content"]) == ["application/problem+json"], path
                assert answer["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")


def test_the_documentation_is_one_page_that_needs_nobody_else() -> None:
    app = app_of(small_desk())
    page = get(app, "/docs").text

    for path, operations in get(app, "/openapi.json").json()["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path}" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_pages_and_other_rooms_are_served_beside_the_api() -> None:
    router = APIRouter()
    router.get("/hello")(lambda: {"said": "hello"})

    app = build_app([router], [router], [])

    assert get(app, "/hello").json() == get(app, "/api/v1/hello").json() == {"said": "hello"}


def test_the_age_of_an_answer_grows_while_nothing_is_heard() -> None:
    desk = small_desk(*ALL)
    assert isinstance(desk.clock, SetClock)
    desk.clock.at = NOON + timedelta(seconds=2.5)

    assert get(app_of(desk), "/api/v1/city").json()["freshness"]["age_s"] == 2.5
