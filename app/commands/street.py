"""`citypark street`: ingest and occupancy in one process."""

import argparse
import logging

from app.language import say
from app.street import Street
from parking.plumbing.cityfiles import load_city
from parking.plumbing.health import Health, serve_health
from parking.plumbing.logs import set_up_logs
from parking.plumbing.memory import settle
from parking.plumbing.runloop import run_service, stop_on_signals
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "street"

log = logging.getLogger(__name__)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    text = say("接收设备消息并判断泊位状态", "take in device messages and decide berth states")
    subparsers.add_parser(NAME, help=text, description=text).set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Run until stopped."""
    settings, clock, health = load_settings(), SystemClock(), Health(NAME)
    set_up_logs(NAME, settings.log_level)
    log.info("starting", extra={"settings": settings.redacted()})
    city = load_city(settings.city)
    settle()
    stop = stop_on_signals()
    serve_health(health, settings.http_host, settings.health_port)
    run_service(lambda: Street(settings, city, clock, health), health, stop)
    return 0
