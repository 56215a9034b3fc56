"""Answers made once and sent often: with an ETag, compressed where that helps."""

import gzip
import hashlib
from functools import cached_property

import msgspec
from fastapi import Request, Response


class StaticAnswer:
    """One answer, ready to send: bytes as they are, anything else as JSON."""

    def __init__(self, body: object, media_type: str = "application/json") -> None:
        self._plain = body if isinstance(body, bytes) else msgspec.json.encode(body)
        self._is_text = not isinstance(body, bytes)
        self._etag = f'"{hashlib.sha256(self._plain).hexdigest()[:16]}"'
        self._media_type = media_type

    @cached_property
    def _packed(self) -> bytes:
        """Made when first asked for: the best compression would take a large city seconds."""
        return gzip.compress(self._plain, compresslevel=6, mtime=0)

    def respond(self, request: Request) -> Response:
        """Send it, compressed where the client can, or 304 where the client has it."""
        headers = {"ETag": self._etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if self._etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if self._is_text and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(self._packed, headers=headers, media_type=self._media_type)
        return Response(self._plain, headers=headers, media_type=self._media_type)
