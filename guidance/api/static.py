"""Answers that change only with the city's files: encoded and compressed once, with an ETag."""

import gzip
import hashlib

import msgspec
from fastapi import Request, Response


class StaticAnswer:
    """One JSON answer, ready to send."""

    def __init__(self, body: object, media_type: str = "application/json") -> None:
        self._plain = msgspec.json.encode(body)
        self._packed = gzip.compress(self._plain, mtime=0)
        self._etag = f'"{hashlib.sha256(self._plain).hexdigest()[:16]}"'
        self._media_type = media_type

    def respond(self, request: Request) -> Response:
        """Send it, compressed where the client can, or 304 where the client has it."""
        headers = {"ETag": self._etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if self._etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(self._packed, headers=headers, media_type=self._media_type)
        return Response(self._plain, headers=headers, media_type=self._media_type)
