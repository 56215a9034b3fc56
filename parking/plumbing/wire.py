"""The bytes between paho and the broker: read ahead in large pieces, written from one buffer.

paho asks its socket for one byte, then another, then the rest of each packet: three system calls a message.
Here those are answered from memory. Confirmations of many messages go out in one piece beside paho's packets.
"""

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Callable

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode

CHUNK_BYTES = 262_144
# Paho is told to wait while so much of what it wrote has not left yet.
MOST_UNSENT_BYTES = 1_048_576
FLUSH_S = 1.0
WAIT_S = 1.0
PACKETS_A_TURN = 2_000


class Wire:
    """What paho takes for its socket. All but `post` belongs to the thread that runs the connection.

    `connection_no` is set by the owner once the broker has agreed, 0 before.
    """

    def __init__(self, connected: socket.socket) -> None:
        self.connection_no = 0
        self._socket = connected
        self._ahead = b""
        self._read = 0
        self._unsent = bytearray()
        self._lock = threading.Lock()

    @property
    def pending(self) -> bool:
        """Whether bytes are here already that no `select` would tell of."""
        if self._read < len(self._ahead):
            return True
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    @property
    def is_open(self) -> bool:
        """Whether the connection is not known to be gone."""
        return self._socket.fileno() >= 0

    @property
    def unsent(self) -> bool:
        """Whether bytes wait for room."""
        return bool(self._unsent)

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes; raises BlockingIOError where none are here."""
        if self._read == len(self._ahead):
            self._ahead, self._read = self._socket.recv(CHUNK_BYTES), 0
        piece = self._ahead[self._read : self._read + size]
        self._read += len(piece)
        return piece

    def send(self, packet: bytes | bytearray) -> int:
        """Take a whole packet; raises BlockingIOError while too much waits."""
        if len(self._unsent) > MOST_UNSENT_BYTES:
            raise BlockingIOError
        with self._lock:
            self._unsent += packet
        return len(packet)

    def post(self, packets: bytes) -> None:
        """Put whole packets after those that wait; from any thread."""
        with self._lock:
            self._unsent += packets

    def flush(self) -> None:
        """Send what there is room for; a connection that is gone shows at the next `recv`."""
        with self._lock:
            try:
                while self._unsent:
                    del self._unsent[: self._socket.send(self._unsent)]
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return
            except OSError:
                self._ahead, self._read = b"", 0
                self._unsent.clear()
                self._socket.close()

    def close(self) -> None:
        """Send what waits, if the other end takes it at once, and close."""
        try:
            self._socket.settimeout(FLUSH_S)
            self._socket.sendall(self._unsent)
        except OSError:
            pass  # the connection was lost: there is nobody left to tell
        finally:
            self._socket.close()

    def fileno(self) -> int:
        """For `select`."""
        return self._socket.fileno()

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001  a socket's own signature
        """As a socket."""
        self._socket.setblocking(flag)


class WiredClient(mqtt.Client):
    """paho over a `Wire`."""

    def _create_socket(self) -> Wire:
        connected = super()._create_socket()
        assert isinstance(connected, socket.socket)  # noqa: S101  TCP or TLS, never WebSocket
        return Wire(connected)

    def _update_inflight(self) -> MQTTErrorCode:
        # At every confirmation paho looks through all that is unconfirmed for messages that wait for a place
        # in the window; where all are on their way there is none.
        if len(self._out_messages) <= self._inflight_messages:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        return super()._update_inflight()


class Alarm:
    """Ends another thread's wait in `select`; silent while it is not open."""

    def __init__(self) -> None:
        self._ends: tuple[socket.socket, socket.socket] | None = None

    def open(self) -> None:
        """Begin to listen."""
        self._ends = socket.socketpair()
        for end in self._ends:
            end.setblocking(False)

    def ring(self) -> None:
        """End the present wait, or the next one; from any thread."""
        # Full: it rings already; closed: nobody waits any more.
        with contextlib.suppress(OSError):
            if self._ends:
                self._ends[1].send(b"\0")

    def hush(self) -> None:
        """Forget that it rang."""
        with contextlib.suppress(BlockingIOError):
            if self._ends:
                self._ends[0].recv(4096)

    def fileno(self) -> int:
        """For `select`."""
        return self._ends[0].fileno() if self._ends else -1

    def close(self) -> None:
        """Let go of both ends."""
        for end in self._ends or ():
            end.close()


def run_connection(
    client: mqtt.Client, alarm: Alarm, may_read: Callable[[], bool], after_read: Callable[[], None]
) -> None:
    """Serve an open connection until it ends.

    While `may_read` says no, the broker's messages wait in the network; `after_read` follows each piece.
    """
    while isinstance(wire := client.socket(), Wire):
        if client.want_write():
            client.loop_write()
        wire.flush()
        reads = may_read()
        if not wire.is_open or _wait(wire, alarm, reads=reads):
            _read(client, wire, may_read)
            after_read()
        client.loop_misc()


def _wait(wire: Wire, alarm: Alarm, *, reads: bool) -> bool:
    """Wait for something to do, at most a second; True when there is something to read."""
    here = reads and wire.pending
    heard: list[Alarm | Wire] = [alarm, wire] if reads else [alarm]
    readable, _, _ = select.select(heard, [wire] if wire.unsent else [], [], 0.0 if here else WAIT_S)
    if alarm in readable:
        alarm.hush()
    return here or wire in readable


def _read(client: mqtt.Client, wire: Wire, may_read: Callable[[], bool]) -> None:
    """Take what is here, but not for so long that nothing else is done."""
    for _ in range(PACKETS_A_TURN):
        client.loop_read()
        if not (client.socket() is wire and wire.pending and may_read()):
            return
