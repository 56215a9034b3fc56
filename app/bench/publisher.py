"""Publishes MQTT 3.1.1 at QoS 1 as fast as the broker confirms, and repeats as a device does.

A device keeps what was not confirmed and sends it again, in order, once the broker is back. It also keeps,
for a while, what was confirmed: a broker that dies has not saved what it confirmed last.
"""

import contextlib
import select
import socket
import time
from collections import deque
from collections.abc import Iterable

from parking.errors import UnavailableError

CONNECT_S = 10.0
PATIENCE_S = 60.0
RETRY_S = 0.05
WINDOW = 1_000
_PUBACK = 0x40


def publish_packet(topic: str, payload: bytes, number: int) -> bytes:
    """Encode a QoS 1 PUBLISH under the packet number."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + number.to_bytes(2, "big") + payload
    return b"\x32" + _length(len(body)) + body


class Publisher:
    """One connection with a clean session; `history_s` is how long confirmed messages may be repeated."""

    def __init__(self, port: int, client_id: str, *, history_s: float = 0.0, window: int = WINDOW) -> None:
        self._port, self._client_id = port, client_id
        self._history_s, self._window = history_s, window
        self._socket: socket.socket | None = None
        self._acks = bytearray()
        self._number = 0
        self._unconfirmed: deque[tuple[str, bytes]] = deque()
        self._confirmed: deque[tuple[float, str, bytes]] = deque()
        self._alive_at = 0.0
        self.repeated = 0

    def send(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Publish, and return once all is confirmed; waits for a broker that is gone."""
        batch = list(messages)
        for start in range(0, len(batch), self._window):
            piece = batch[start : start + self._window]
            self._unconfirmed.extend(piece)
            self._attempt(piece)

    def watch(self, seconds: float) -> None:
        """Stay connected for so long; where the broker dies, repeat what it may have lost."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._socket is None or self._is_lost(min(left, 1.0)):
                self._drop()
                self._attempt([])

    def close(self) -> None:
        """Leave the broker."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.sendall(b"\xe0\x00")
            self._socket.close()
            self._socket = None

    def _is_lost(self, wait_s: float) -> bool:
        assert self._socket is not None  # noqa: S101  asked of a connection
        try:
            readable, _, _ = select.select([self._socket], [], [], wait_s)
            return bool(readable) and not self._socket.recv(65_536, socket.MSG_PEEK)
        except OSError:
            return True

    def _attempt(self, piece: list[tuple[str, bytes]]) -> None:
        """Send a window and wait for its confirmations; after a loss everything kept is sent again first."""
        while True:
            try:
                if self._socket is None:
                    self._connect()
                    piece = self._again()
                self._exchange(piece)
            except OSError:
                self._drop()
            else:
                return

    def _again(self) -> list[tuple[str, bytes]]:
        since = self._alive_at - self._history_s
        kept = [(topic, payload) for at, topic, payload in self._confirmed if at >= since]
        self._confirmed.clear()
        self.repeated += len(kept)
        self._unconfirmed.extendleft(reversed(kept))
        return list(self._unconfirmed)

    def _exchange(self, piece: list[tuple[str, bytes]]) -> None:
        for start in range(0, len(piece), self._window):
            part = piece[start : start + self._window]
            packets = []
            for topic, payload in part:
                self._number = self._number % 65_535 + 1
                packets.append(publish_packet(topic, payload, self._number))
            assert self._socket is not None  # noqa: S101  connected by the caller
            self._socket.sendall(b"".join(packets))
            self._await(len(part))
            now = self._alive_at = time.monotonic()
            for topic, payload in part:
                self._unconfirmed.popleft()
                if self._history_s:
                    self._confirmed.append((now, topic, payload))
            while self._confirmed and self._confirmed[0][0] < now - self._history_s:
                self._confirmed.popleft()

    def _await(self, count: int) -> None:
        assert self._socket is not None  # noqa: S101  connected by the caller
        while len(self._acks) < 4 * count:
            piece = self._socket.recv(65_536)
            if not piece:
                raise ConnectionError("the broker closed the connection")
            self._acks += piece
        if self._acks[0] != _PUBACK:
            raise ConnectionError("the broker sent something other than a confirmation")
        del self._acks[: 4 * count]

    def _connect(self) -> None:
        """Connect, waiting for a broker that starts; raises OSError where it hangs up."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", self._port), CONNECT_S)
                break
            except OSError:
                if time.monotonic() > until:
                    raise UnavailableError(f"no MQTT broker on port {self._port}") from None
                time.sleep(RETRY_S)
        name = self._client_id.encode()
        body = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(name).to_bytes(2, "big") + name
        self._socket.sendall(b"\x10" + _length(len(body)) + body)
        self._acks.clear()
        answer = self._socket.recv(4)
        if answer != b"\x20\x02\x00\x00":
            raise ConnectionError(f"the broker refused: {answer!r}")

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        time.sleep(RETRY_S)


def _length(size: int) -> bytes:
    out = bytearray()
    while True:
        size, low = divmod(size, 128)
        out.append(low | (128 if size else 0))
        if not size:
            return bytes(out)
