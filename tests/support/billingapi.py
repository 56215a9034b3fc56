"""The routes of billing over a test's database, and short ways to ask them."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
from fastapi import FastAPI

from billing.api import billing_router
from billing.books import PublishedBook
from parking.plumbing.database import Connection, connect, transaction
from tests.support.billing import SITES, StandingClock

Query = Mapping[str, str | int]


@contextmanager
def lend(url: str) -> Iterator[Connection]:
    """Lend a connection in a transaction, as the process's pool does."""
    with connect(url, "api") as connection, transaction(connection):
        yield connection


def make_api(database_url: str, book: PublishedBook, clock: StandingClock | None = None) -> FastAPI:
    """All routes of billing under the API's prefix."""
    app = FastAPI()
    router = billing_router(partial(lend, database_url), book.book, SITES, clock or StandingClock())
    app.include_router(router, prefix="/api/v1")
    return app


def ask(
    api: FastAPI, method: str, path: str, body: object = None, host: str = "city", query: Query | None = None
) -> httpx.Response:
    """Ask one thing, of a server that is called `host`."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(api)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.request(method, f"/api/v1{path}", params=query or None, json=body)

    return asyncio.run(asked())


def get(api: FastAPI, path: str, **query: str | int) -> Any:  # noqa: ANN401  JSON
    """Get something that is there."""
    answer = ask(api, "GET", path, query=query)
    assert answer.status_code == 200, answer.text
    return answer.json()
