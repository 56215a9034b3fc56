"""ETags for answers that are made anew each time: whoever has the same one already is told so with a 304."""

import hashlib
import re
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Larger answers are sent on as they are: holding them back would cost more than sending them.
LARGEST = 1_000_000
# That the same news is a second older makes no new answer.
_AGE = re.compile(rb'"age_s":[0-9.]+')
_KINDS = ("application/json", "application/geo+json")


class Etags:
    """ASGI middleware for GET: hashes small JSON answers that have no ETag and may be kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; hold its answer back until it is known whether the asker has it."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        held = _Held(send, Headers(scope=scope).get("if-none-match", ""))
        await self._app(scope, receive, held.send)


class _Held:
    """One answer on its way out."""

    def __init__(self, send: Send, known: str) -> None:
        self._send, self._known = send, known
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Take a part of the answer; what is not to be tagged goes on at once."""
        if message["type"] == "http.response.start" and _is_taggable(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start, bytes(self._body))
            elif len(self._body) > LARGEST:
                start, self._start = self._start, None
                await self._send(start)
                await self._send({"type": "http.response.body", "body": bytes(self._body), "more_body": True})

    async def _finish(self, start: Message, body: bytes) -> None:
        etag = f'W/"{hashlib.blake2b(_AGE.sub(b"", body), digest_size=12).hexdigest()}"'
        headers = [*start["headers"], (b"etag", etag.encode())]
        if "cache-control" not in _names(headers):
            headers.append((b"cache-control", b"private, no-cache"))
        status = start["status"]
        if _is_known(self._known, etag):
            headers = [
                (name, value) for name, value in headers if name not in {b"content-length", b"content-type"}
            ]
            status, body = 304, b""
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _is_taggable(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return (
        start["status"] == 200
        and headers.get("content-type", "").startswith(_KINDS)
        and "etag" not in headers
        and "no-store" not in headers.get("cache-control", "")
    )


def _is_known(known: str, etag: str) -> bool:
    tags = [each.strip().removeprefix("W/") for each in known.split(",")]
    return etag.removeprefix("W/") in tags or "*" in tags


def _names(headers: Iterable[tuple[bytes, bytes]]) -> set[str]:
    return {name.decode("latin-1").lower() for name, _ in headers}
