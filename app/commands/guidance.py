"""`citypark guidance`: the public API, the pages, the live stream and the signs, in one process."""

import argparse
import asyncio
import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fastapi import APIRouter

from app.access import check_access
from app.language import say
from app.quoting import TariffQuotes
from app.rooms import room_routers
from app.serving import Serving, open_socket
from billing.tariff import load_calendar, load_tariff_book
from guidance.store.loans import Loans
from ingest.api import doors_router
from ingest.doorkeys import DoorKeys
from ingest.link import BrokerRelay
from parking.city import City
from parking.plumbing.broker import BrokerLink
from parking.plumbing.cityfiles import load_city
from parking.plumbing.logs import set_up_logs
from parking.plumbing.runloop import stop_on_signals
from parking.plumbing.settings import Settings, load_settings
from parking.plumbing.systemclock import SystemClock
from web.routes import pages_router

NAME = "guidance"

log = logging.getLogger(__name__)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    text = say("提供公开接口和页面并驱动诱导屏", "serve the public API and the pages, and drive the signs")
    subparsers.add_parser(NAME, help=text, description=text).set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Run until stopped."""
    settings = load_settings()
    set_up_logs(NAME, settings.log_level)
    log.info("starting", extra={"settings": settings.redacted()})
    check_access(settings.access, settings.http_host)
    serve(settings, load_city(settings.city))
    return 0


def serve(settings: Settings, city: City, first: Sequence[APIRouter] = ()) -> None:
    """Serve a city until a signal; further routes come before all others."""
    clock = SystemClock()
    book = load_tariff_book(settings.city / "tariffs", load_calendar(settings.city / "holidays.toml"))
    pages = pages_router(default_language="en" if settings.lang.startswith("en") else "zh")
    stop = stop_on_signals()
    with (
        open_socket(settings.http_host, settings.http_port) as listening,
        _doors(settings, city, clock) as doors,
    ):

        def other_rooms(loans: Loans) -> list[APIRouter]:
            return room_routers(settings, city, clock, book, loans)

        quotes = TariffQuotes(book, city)
        serving = Serving(settings, city, clock, quotes, other_rooms, [*doors, pages], stop, first)
        asyncio.run(serving.run(listening))


@contextmanager
def _doors(settings: Settings, city: City, clock: SystemClock) -> Iterator[list[APIRouter]]:
    """Open the doors for cameras that post, where a secret is set for their keys."""
    if not settings.door_secret:
        yield []
        return
    keys = DoorKeys(settings.door_secret)
    name = f"citypark-doors-{uuid.uuid4().hex[:12]}"
    link = BrokerLink(settings, name, clock, keep_session=False)
    link.start()
    try:
        yield [doors_router(city, keys, BrokerRelay(link))]
    finally:
        link.stop()
