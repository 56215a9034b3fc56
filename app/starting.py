"""What every process of one service does first: settings, logs, the city, signals, its health over HTTP."""

import logging
import threading
from dataclasses import dataclass

from parking.city import City
from parking.clock import Clock
from parking.plumbing.cityfiles import load_city
from parking.plumbing.health import Health, serve_health
from parking.plumbing.logs import set_up_logs
from parking.plumbing.memory import settle
from parking.plumbing.runloop import stop_on_signals
from parking.plumbing.settings import Settings, load_settings
from parking.plumbing.systemclock import SystemClock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What a service of this process is built from; `stop` is set by signals."""

    settings: Settings
    city: City
    clock: Clock
    health: Health
    stop: threading.Event


def start_process(name: str) -> Started:
    """Read the environment and the city's files, and answer for the process's health from now on."""
    settings, health = load_settings(), Health(name)
    set_up_logs(name, settings.log_level)
    log.info("starting", extra={"settings": settings.redacted()})
    city = load_city(settings.city)
    settle()
    stop = stop_on_signals()
    serve_health(health, settings.http_host, settings.health_port)
    return Started(settings=settings, city=city, clock=SystemClock(), health=health, stop=stop)
