"""Is this process alive, is it ready, and what are its figures: `/healthz`, `/readyz`, `/metrics`."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from parking.errors import SetupError

# A service loop blocks for a second at most; this long without a turn means that it hangs.
STUCK_AFTER_S = 60.0


class Health:
    """What one process knows of its own state. Checks are named; ready means that all are well."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._faults: dict[str, str] = {"start": "starting"}
        self._turn_at = time.monotonic()

    def turn(self) -> None:
        """Note that the service loop has gone round."""
        self._turn_at = time.monotonic()

    def fail(self, check: str, reason: str) -> None:
        """Mark a check as failing."""
        self._faults[check] = reason

    def pass_(self, check: str) -> None:
        """Mark a check as well."""
        self._faults.pop(check, None)

    @property
    def faults(self) -> dict[str, str]:
        """Reason for each failing check."""
        return dict(self._faults)

    @property
    def alive(self) -> bool:
        """Whether the loop still goes round."""
        return time.monotonic() - self._turn_at < STUCK_AFTER_S


def serve_health(health: Health, host: str, port: int) -> ThreadingHTTPServer | None:
    """Answer the three paths on a thread of their own; port 0 serves nothing and returns None."""
    if not port:
        return None

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = answer(health, self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
            """Keep scrapes out of the log."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise SetupError(
            f"port {port} on {host} is taken ({error.strerror}): set CITYPARK_HEALTH_PORT to a free one"
        ) from error
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server


def answer(health: Health, path: str) -> tuple[int, str, bytes]:
    """Status, content type and body for one of the three paths."""
    if path == "/metrics":
        return 200, CONTENT_TYPE_LATEST, generate_latest()
    if path == "/healthz":
        return (200 if health.alive else 503), "application/json", _body(health, alive=health.alive)
    if path == "/readyz":
        return (503 if health.faults else 200), "application/json", _body(health, ready=not health.faults)
    return 404, "application/json", b"{}"


def _body(health: Health, **facts: bool) -> bytes:
    return json.dumps(
        {"service": health.service, **facts, "faults": health.faults}, ensure_ascii=False
    ).encode()
