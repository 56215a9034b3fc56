"""`citypark billing`: stays, charges and ledger in one process."""

import argparse
import logging
from datetime import timedelta

from app.language import say
from billing.books import load_book
from billing.rating import sites_of
from billing.service import LAPSE_AFTER, BillingService
from parking.errors import SetupError
from parking.plumbing.cityfiles import load_city
from parking.plumbing.health import Health, serve_health
from parking.plumbing.logs import set_up_logs
from parking.plumbing.runloop import run_service, stop_on_signals
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "billing"

log = logging.getLogger(__name__)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    text = say("生成停车记录、计费和账本", "make stays, charges and ledger entries")
    parser = subparsers.add_parser(NAME, help=text, description=text)
    parser.add_argument(
        "--silence-hours",
        type=float,
        default=LAPSE_AFTER / timedelta(hours=1),
        metavar="H",
        help=say(
            "设备失联多久后，停车按最后一次确认在位结束（默认 24）",
            "a stay whose sensor is silent for so long ends at its last proof (default 24)",
        ),
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until stopped."""
    if args.silence_hours <= 0:
        raise SetupError(say("--silence-hours 必须大于 0", "--silence-hours must be above 0"))
    lapse_after = timedelta(hours=args.silence_hours)
    settings, clock, health = load_settings(), SystemClock(), Health(NAME)
    set_up_logs(NAME, settings.log_level)
    log.info("starting", extra={"settings": settings.redacted()})
    sites = sites_of(load_city(settings.city))
    book = load_book(settings.city)
    stop = stop_on_signals()
    serve_health(health, settings.http_host, settings.health_port)
    run_service(
        lambda: BillingService(settings.database_url, sites, book, clock, lapse_after=lapse_after),
        health,
        stop,
    )
    return 0
