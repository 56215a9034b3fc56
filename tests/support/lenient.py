"""A broker that checks nothing: it hands one subscriber any bytes, and notes what is confirmed."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

PATIENCE_S = 30.0


class Lenient:
    """Answers one subscriber at a time; after its SUBSCRIBE it gets the packets."""

    def __init__(self, packets: Sequence[bytes]) -> None:
        self._packets = b"".join(packets)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.confirmed: list[int] = []

    def serve(self) -> None:
        """Serve until the door is shut."""
        with suppress(OSError):
            while True:
                connected, _ = self._server.accept()
                with connected, suppress(ConnectionError):
                    for kind, body in _packets_of(connected):
                        self._answer(connected, kind, body)

    def shut(self) -> None:
        """Take nobody any more."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _answer(self, connected: socket.socket, kind: int, body: bytes) -> None:
        match kind & 0xF0:
            case 0x10:
                connected.sendall(b"\x20\x02\x00\x00")
            case 0x80:
                connected.sendall(b"\x90\x03" + body[:2] + b"\x01" + self._packets)
            case 0x40:
                self.confirmed.append(int.from_bytes(body[:2], "big"))


def _packets_of(connected: socket.socket) -> Iterator[tuple[int, bytes]]:
    with connected.makefile("rb") as stream:
        while head := stream.read(1):
            size = shift = 0
            while (low := stream.read(1)[0]) & 0x80:
                size, shift = size | (low & 0x7F) << shift, shift + 7
            yield head[0], stream.read(size | low << shift)


@contextmanager
def lenient_broker(packets: Sequence[bytes]) -> Iterator[Lenient]:
    """Run one for the length of the block; whoever is connected leaves before its end."""
    broker = Lenient(packets)
    thread = threading.Thread(target=broker.serve)
    thread.start()
    try:
        yield broker
    finally:
        broker.shut()
        thread.join(PATIENCE_S)
