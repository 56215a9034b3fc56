"""Serves the pages over a live city; can be stopped and started again on the same port.

`python -m tests.support.liveserver --port 8791 --rate 30` to look at the pages by hand.
"""

import argparse
import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException, Request

from app.access import LocalGuard
from app.http import API, build_app
from app.policy import may_use
from app.quoting import TariffQuotes
from billing.tariff import load_calendar, load_tariff_book
from guidance.access import ANYBODY
from guidance.api import guidance_router
from parking.ids import BerthId
from parking.plumbing.cityfiles import load_city
from parking.states import BerthState
from tests.support.livecity import LiveCity
from tests.support.livestays import stays_router
from web.routes import pages_router

CITY = Path("cities/suizhou")
TURN_S = 0.1
JsonObject = dict[str, Any]


class OneChange:
    """A database in which every berth changed once, a few minutes ago."""

    def __init__(self, live: LiveCity) -> None:
        self._live = live
        self._row: tuple[object, ...] | None = None

    @contextmanager
    def lend(self) -> Iterator[Any]:
        """Lend itself as the connection."""
        yield self

    def execute(self, _query: str, parameters: tuple[BerthId]) -> "OneChange":
        """Answer the only question that the berths' routes ask."""
        belief = self._live.desk.board.belief(self._live.desk.board.berth_no[parameters[0]])
        self._row = belief and (
            BerthState.UNKNOWN, belief.state, belief.since_at - timedelta(seconds=4), belief.since_at, 0.98,
            "change", f"G-{parameters[0]}", belief.since_at,
        )  # fmt: skip
        return self

    def fetchone(self) -> tuple[object, ...] | None:
        """Return the change of the berth asked for, None where it was never heard of."""
        return self._row


def live_app(live: LiveCity, rate: float, *, for_staff: bool = True) -> FastAPI:
    """The pages and the API over a city that changes so many berths a second.

    Unless it is for staff, nobody is known and the rights of anybody hold.
    """

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        turning = asyncio.create_task(turn(live, rate))
        yield
        turning.cancel()
        with suppress(asyncio.CancelledError):
            await turning

    book = load_tariff_book(CITY / "tariffs", load_calendar(CITY / "holidays.toml"))
    quotes = TariffQuotes(book, live.city)
    guidance = guidance_router(live.desk, live.streams, OneChange(live).lend, quotes)
    app = build_app(
        [guidance, stays_router(live, book)],
        [pages_router()],
        [],
        LocalGuard() if for_staff else PublicGuard(),
    )
    app.router.lifespan_context = running
    return app


async def turn(live: LiveCity, rate: float) -> None:
    """Move berths ten times a second and tell the figures once a second."""
    owed, number = 0.0, 0
    while True:
        owed += rate * TURN_S
        live.step(int(owed))
        owed -= int(owed)
        number += 1
        if number % 10 == 0:
            live.tell()
        await asyncio.sleep(TURN_S)


class PublicGuard:
    """Knows nobody, and grants what the rights matrix grants to anybody."""

    async def __call__(self, request: Request) -> None:
        """Refuse what needs a key."""
        await self.admit(request, f"{request.method} {request.scope['route'].path.removeprefix(API)}")

    async def admit(self, request: Request, route: str) -> None:
        """Refuse a route that needs a key."""
        request.state.principal = ANYBODY
        if not may_use(ANYBODY.role, route):
            raise HTTPException(401, "send a key")


class LiveServer:
    """The app on a thread of its own; `start` and `stop` may follow one another on the same port."""

    def __init__(self, live: LiveCity, port: int, rate: float, *, for_staff: bool = True) -> None:
        self._live, self._port, self._rate, self._for_staff = live, port, rate, for_staff
        self.address = f"http://127.0.0.1:{port}"

    def start(self) -> None:
        """Serve, and return once it answers."""
        self._live.open()
        app = live_app(self._live, self._rate, for_staff=self._for_staff)
        config = uvicorn.Config(app, host="127.0.0.1", port=self._port, log_level="warning")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="liveserver", daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError(f"nothing could be served on port {self._port}")
            self._thread.join(0.02)

    def stop(self) -> None:
        """End every connection and the thread."""
        self._server.force_exit = True
        self._server.should_exit = True
        self._thread.join(10)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8791)
    parser.add_argument("--rate", type=float, default=30, help="changes of berths a second")
    arguments = parser.parse_args()
    live = LiveCity(load_city(CITY))
    uvicorn.run(live_app(live, arguments.rate), host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
