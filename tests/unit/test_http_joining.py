"""An answer leaves in one piece; nothing is lost at the end of a connection."""

import asyncio
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import Receive, Scope, Send

from app.joining import JoiningProtocol, JoiningTransport

REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


class Noting(asyncio.Transport):
    """A transport that notes what goes out."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]})
    await send({"type": "http.response.body", "body": b"whole\n"})


def in_a_loop(play: Callable[[Noting, JoiningTransport], None]) -> Noting:
    noting = Noting()

    async def run() -> None:
        play(noting, JoiningTransport(noting, asyncio.get_running_loop()))
        await asyncio.sleep(0)

    asyncio.run(run())
    return noting


def test_what_is_written_in_one_turn_leaves_at_once_and_in_order() -> None:
    def write(_noting: Noting, joining: JoiningTransport) -> None:
        for part in (b"head", b" ", b"body"):
            joining.write(part)

    assert in_a_loop(write).sent == [b"head body"]


def test_closing_sends_what_is_left_first() -> None:
    def close(noting: Noting, joining: JoiningTransport) -> None:
        joining.write(b"last words")
        joining.close()
        assert (noting.sent, noting.closed) == ([b"last words"], True)

    assert in_a_loop(close).sent == [b"last words"]


def test_a_server_answers_over_it_and_hangs_up_when_asked_to() -> None:
    async def ask() -> bytes:
        server = uvicorn.Server(uvicorn.Config(answer, log_config=None, lifespan="off", http=JoiningProtocol))
        with socket.create_server(("127.0.0.1", 0)) as listening:
            serving = asyncio.create_task(server.serve([listening]))
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(REQUEST * 2 + REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            heard = await reader.read(-1)
            writer.close()
            server.should_exit = True
            await serving
        return heard

    heard = asyncio.run(ask())

    assert heard.count(b"HTTP/1.1 200 OK") == heard.count(b"whole\n") == 3
