"""`citypark enforcement`: rules over stays and sightings, and word of it to webhooks."""

import argparse
import logging

from app.enforcing import run_enforcement
from app.language import say
from parking.plumbing.cityfiles import load_city
from parking.plumbing.health import Health, serve_health
from parking.plumbing.logs import set_up_logs
from parking.plumbing.runloop import stop_on_signals
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "enforcement"

log = logging.getLogger(__name__)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    text = say("按规则核查停放并发布违停线索", "apply the rules to stays and tell of violations")
    subparsers.add_parser(NAME, help=text, description=text).set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Run until stopped."""
    settings, clock, health = load_settings(), SystemClock(), Health(NAME)
    set_up_logs(NAME, settings.log_level)
    log.info("starting", extra={"settings": settings.redacted()})
    city = load_city(settings.city)
    stop = stop_on_signals()
    serve_health(health, settings.http_host, settings.health_port)
    run_enforcement(settings, city, clock, health, stop)
    return 0
