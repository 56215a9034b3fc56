"""The guidance process: one asyncio loop for HTTP and the stream, threads for database and broker.

This is wiring: the loops are guidance's, the routes each room's own.
"""

import asyncio
import gc
import logging
import socket
import sys
import threading
import uuid
from collections.abc import Callable, Sequence

import uvicorn
from fastapi import APIRouter

from app.access import AuditLog, KeyGuard, LocalGuard
from app.http import API, Application, allow_foreign_pages, build_app
from app.joining import JoiningProtocol
from guidance.api import guidance_api
from guidance.api.sessions import sessions_router
from guidance.desk import Desk
from guidance.ports import Quotes
from guidance.service.accounts import Accounts
from guidance.service.figures import FiguresReader, Newest
from guidance.service.foresight import Foresight
from guidance.service.keyring import Keyring
from guidance.service.pulse import Pulse
from guidance.service.reader import BoardReader
from guidance.service.signs import SignService
from guidance.store.loans import Loans, PooledLoans
from parking.city import City
from parking.clock import Clock
from parking.errors import SetupError
from parking.plumbing.broker import BrokerLink
from parking.plumbing.health import Health
from parking.plumbing.runloop import Service, run_service
from parking.plumbing.settings import Settings
from parking.topics import sign_ack_filter

log = logging.getLogger(__name__)

# Streams end at once when the process stops; other requests get this long.
DRAIN_S = 3
SWITCH_S = 0.0005

Routers = Callable[[Loans], Sequence[APIRouter]]


class _Server(uvicorn.Server):
    """Tells of its end before it waits for open connections, which streams would keep open."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)


def open_socket(host: str, port: int) -> socket.socket:
    """Take the port; raises SetupError when somebody else has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, because asyncio switches Nagle's algorithm off on nothing else: an answer's body would
    # wait 40 ms for the acknowledgement of its head.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen()
    except OSError as error:
        opened.close()
        raise SetupError(
            f"port {port} on {host} cannot be opened ({error.strerror}): set CITYPARK_HTTP_PORT to a free one"
        ) from error
    return opened


class Serving:
    """One run of the process. `routers` makes the other rooms' routes, `pages` are the web's.

    `stop` ends the threads; a signal that sets it ends the server too.
    """

    def __init__(
        self,
        settings: Settings,
        city: City,
        clock: Clock,
        quotes: Quotes,
        routers: Routers,
        pages: Sequence[APIRouter],
        stop: threading.Event,
        first: Sequence[APIRouter] = (),
    ) -> None:
        self._settings, self._clock, self._quotes = settings, clock, quotes
        self._routers, self._pages, self._first = routers, pages, first
        self._desk = Desk.of(city, clock)
        self._newest = Newest()
        self._stop = stop
        self._healths = {name: Health(name) for name in ("board", "figures", "signs", "forecasts")}
        self._failure: BaseException | None = None

    async def run(self, listening: socket.socket) -> None:
        """Serve until a signal; raises what ended a loop that must not end."""
        pulse = Pulse(self._desk, self._newest, self._healths["board"], self._healths["signs"])
        loans = PooledLoans(self._settings.database_url)
        link = BrokerLink(
            self._settings,
            f"citypark-guidance-{uuid.uuid4().hex[:12]}",
            self._clock,
            filters=[sign_ack_filter(self._desk.city.city_id)],
            keep_session=False,
        )
        config = uvicorn.Config(
            self._app(pulse, loans),
            log_config=None,
            access_log=False,
            lifespan="off",
            http=JoiningProtocol,
            timeout_graceful_shutdown=DRAIN_S,
            server_header=False,
        )
        server = _Server(config, pulse.streams.close)
        # The city never becomes garbage; looking through it would stop a large one for a second at a time.
        # Threads that read tables give way to requests ten times as soon as by default.
        sys.setswitchinterval(SWITCH_S)
        gc.collect()
        gc.freeze()
        loans.open()
        link.start()
        threads = self._start_threads(pulse, link, server)
        beating = asyncio.create_task(pulse.run(), name="pulse")
        beating.add_done_callback(lambda _task: setattr(server, "should_exit", True))
        try:
            await server.serve([listening])
        finally:
            self._stop.set()
            for thread in threads:
                await asyncio.to_thread(thread.join)
            link.stop()
            loans.close()
        if not beating.cancel():
            beating.result()
        if self._failure is not None:
            raise self._failure

    def _app(self, pulse: Pulse, loans: Loans) -> Application:
        own = guidance_api(self._desk, pulse.streams, loans, self._quotes)
        needs_keys = self._settings.access == "keys"
        accounts = Accounts(loans)
        guard = KeyGuard(Keyring(loans), self._clock, API, accounts=accounts) if needs_keys else LocalGuard()
        people = sessions_router(accounts, loans, self._clock)
        healths = list(self._healths.values())
        api = [own.router, people, *self._routers(loans)]
        app = build_app(api, self._pages, healths, guard, own.express, self._first)
        app.add_middleware(AuditLog, loans=loans, clock=self._clock, prefix=API)
        if needs_keys:
            allow_foreign_pages(app)
        return app

    def _start_threads(
        self, pulse: Pulse, link: BrokerLink, server: uvicorn.Server
    ) -> list[threading.Thread]:
        url, desk, health = self._settings.database_url, self._desk, self._healths
        openers: dict[str, Callable[[], Service]] = {
            "board": lambda: BoardReader(url, len(desk.board.berth_ids), self._clock, pulse.take),
            "figures": lambda: FiguresReader(url, desk, self._newest, pulse.tell),
            "forecasts": lambda: Foresight(url, desk),
            "signs": lambda: SignService(url, link, desk, health["signs"], pulse.tell_sign),
        }

        def work(name: str, open_service: Callable[[], Service]) -> None:
            try:
                run_service(open_service, health[name], self._stop)
            except BaseException as error:  # noqa: BLE001  raised again where the process ends
                self._failure = error
                server.should_exit = True

        threads = [threading.Thread(target=work, args=each, name=each[0]) for each in openers.items()]
        for thread in threads:
            thread.start()
        return threads
