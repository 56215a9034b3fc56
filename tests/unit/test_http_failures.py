"""What nobody foresaw is answered like a refusal, and says nothing of the inside."""

import asyncio
import logging

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request

from app.access import LocalGuard
from app.http import API, allow_foreign_pages, build_app

INSIDE = "relation charges_2026 on host db-7"


def fail(thing_id: str) -> None:
    raise RuntimeError(f"{INSIDE} {thing_id}")


async def fail_shortly(_request: Request) -> bytes:
    raise RuntimeError(INSIDE)


@pytest.fixture
def app() -> FastAPI:
    router = APIRouter()
    router.get("/sections/{thing_id}")(fail)
    router.get("/nearby")(fail_shortly)
    app = build_app([router], [], [], LocalGuard(), {"GET /nearby": fail_shortly})
    allow_foreign_pages(app)
    return app


def ask(app: FastAPI, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """Ask as over a socket, where the exception that is raised again meets the server's log only."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(f"{API}{path}", headers=headers)

    return asyncio.run(send())


@pytest.mark.parametrize(
    ("path", "route"), [("/sections/S-1", "/sections/{thing_id}"), ("/nearby", "/nearby")]
)
def test_a_failure_is_a_problem_without_its_cause(
    app: FastAPI, path: str, route: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "app.http"):
        answer = ask(app, path)

    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    body = answer.json()
    assert (body["type"], body["status"]) == ("/problems/internal", 500)
    assert "db-7" not in answer.text
    assert "Runtime" not in answer.text
    assert [vars(record)["route"] for record in caplog.records if record.name == "app.http"] == [route]


@pytest.mark.parametrize(("path", "status"), [("/sections/S-1", 500), ("/nearby", 500), ("/nowhere", 404)])
def test_a_page_elsewhere_may_read_that_it_failed(app: FastAPI, path: str, status: int) -> None:
    answer = ask(app, path, {"origin": "https://elsewhere.example"})

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, "*")


def test_what_fails_on_the_short_way_is_tried_on_the_ordinary_one(caplog: pytest.LogCaptureFixture) -> None:
    router = APIRouter()
    router.get("/nearby")(lambda: {"answer": "in full"})

    answer = ask(build_app([router], [], [], LocalGuard(), {"GET /nearby": fail_shortly}), "/nearby")

    assert (answer.status_code, answer.json()) == (200, {"answer": "in full"})
    assert [vars(each)["route"] for each in caplog.records if each.name == "app.express"] == ["GET /nearby"]


def test_the_server_gets_the_cause_for_its_log(app: FastAPI) -> None:
    async def send() -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://127.0.0.1"
        ) as client:
            await client.get(f"{API}/sections/S-1")

    with pytest.raises(RuntimeError, match="db-7"):
        asyncio.run(send())
