"""The loop that every service runs in: signals, drain, retry with backoff, health."""

import logging
import random
import signal
import threading
from collections.abc import Callable
from typing import Protocol

from parking.errors import ParkingError
from parking.plumbing.health import Health

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0


class Service(Protocol):
    """One open service: connected, restored, ready to work."""

    def step(self) -> None:
        """Do one unit of work, or wait for some at most about a second."""
        ...

    def close(self) -> None:
        """Let go of connections; unfinished work is left for the next start."""
        ...


def stop_on_signals() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def run_service(open_service: Callable[[], Service], health: Health, stop: threading.Event) -> None:
    """Open the service and step it until stopped.

    An error that may be retried closes the service and opens it again after a pause that doubles, with
    jitter, up to a cap; opening rebuilds everything from the database. Any other error ends the process.
    """
    pause_s = FIRST_PAUSE_S
    while not stop.is_set():
        try:
            service = open_service()
            if "work" in health.faults:
                log.info("working again")
            try:
                health.pass_("start")
                health.pass_("work")
                while not stop.is_set():
                    service.step()
                    health.turn()
                    pause_s = FIRST_PAUSE_S
            finally:
                service.close()
        except ParkingError as error:
            if not error.retryable:
                raise
            health.fail("work", str(error))
            health.turn()
            log.warning("%s; trying again in %.1f s", error, pause_s)
            stop.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311  jitter, not secrecy
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
    log.info("stopped")
