"""HTTP connections that send what is written in one turn of the loop at once.

uvicorn writes an answer's head and its body apart. Each write calls the kernel and wakes the reader, who then
finds half an answer.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class JoiningTransport:
    """A transport that gathers what is written until the loop has done what is due now."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> None:
        """Send soon, behind what was written before."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(part)

    def close(self) -> None:
        """Send what is left, then close."""
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever else a transport can do
        return getattr(self._transport, name)

    def _flush(self) -> None:
        if self._parts:
            joined = b"".join(self._parts)
            self._parts.clear()
            self._transport.write(joined)


class JoiningProtocol(HttpToolsProtocol):
    """HTTP/1.1 over such a transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its parent
        """Begin."""
        super().connection_made(JoiningTransport(transport, self.loop))  # type: ignore[arg-type]  # stands for one
