"""A lean HTTP client for benches: so many connections, each asking again as soon as it is answered.

It runs as a process of its own (`python -m app.bench.load`): what it costs is no server's time. It shares the
machine with the server all the same, so it is one loop over bare sockets. Paths come as lines on its input,
the figures leave as a line of JSON.
"""

import argparse
import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_OK = b"HTTP/1.1 200"
_CHUNK = 65_536
# Without an answer for so long the server is taken for dead.
_PATIENCE_S = 30.0


@dataclass(slots=True)
class Tally:
    """Seconds of every answer after the warm-up, how many there were with it, and how many refusals."""

    spent_s: list[float] = field(default_factory=list)
    refused: int = 0
    answers: int = 0


class Client:
    """One connection, with one question open at a time."""

    __slots__ = ("_asked", "_open", "_requests", "_rest", "_whole")

    def __init__(self, opened: socket.socket, requests: Iterator[bytes]) -> None:
        self._open, self._requests = opened, requests
        self._rest, self._whole, self._asked = b"", 0, 0.0

    def ask(self) -> None:
        """Send the next question; it is far smaller than what a socket takes at once."""
        self._rest, self._whole = b"", 0
        self._asked = time.perf_counter()
        self._open.sendall(next(self._requests))

    def hear(self) -> bool:
        """Read what is there; whether the answer is whole. Raises ConnectionError where the server left."""
        heard = self._open.recv(_CHUNK)
        if not heard:
            raise ConnectionError("the server closed a connection")
        self._rest = self._rest + heard if self._rest else heard
        if not self._whole:
            head = self._rest.find(_END)
            if head < 0:
                return False
            at = self._rest.lower().index(_LENGTH, 0, head) + len(_LENGTH)
            self._whole = head + len(_END) + int(self._rest[at : self._rest.index(b"\r\n", at)])
        return len(self._rest) >= self._whole

    def note(self, tally: Tally, now: float, since: float) -> None:
        """Count an answer that is whole; measure it where the warm-up was over."""
        tally.answers += 1
        if now >= since:
            tally.spent_s.append(now - self._asked)
            tally.refused += not self._rest.startswith(_OK)


def offer(port: int, paths: list[str], clients: int, warm_s: float, seconds: float) -> dict[str, float]:
    """Ask for so many seconds after a warm-up; milliseconds, answers a second, and refusals."""
    tally, requests = Tally(), cycle(_requests(paths))
    with selectors.DefaultSelector() as selector:
        for _ in range(clients):
            opened = socket.create_connection(("127.0.0.1", port), _PATIENCE_S)
            client = Client(opened, requests)
            selector.register(opened, selectors.EVENT_READ, client)
            client.ask()
        since = time.perf_counter() + warm_s
        _play(selector, tally, since, since + seconds)
    spent = sorted(tally.spent_s)
    return {
        "p50_ms": round(spent[len(spent) // 2] * 1000, 2),
        "p99_ms": round(spent[len(spent) * 99 // 100] * 1000, 2),
        "rps": round(len(spent) / seconds, 1),
        "refused": tally.refused,
        "answers": tally.answers,
    }


def _requests(paths: list[str]) -> list[bytes]:
    return [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() for path in paths]


def _play(selector: selectors.BaseSelector, tally: Tally, since: float, until: float) -> None:
    """Ask on every connection until the end, and hear the last answers."""
    while selector.get_map():
        ready = selector.select(_PATIENCE_S)
        if not ready:
            raise TimeoutError("the server does not answer")
        for key, _ in ready:
            client: Client = key.data
            if not client.hear():
                continue
            now = time.perf_counter()
            client.note(tally, now, since)
            if now < until:
                client.ask()
            else:
                selector.unregister(key.fileobj)


def main() -> None:
    """Read paths, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--warm", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=5.0)
    args = parser.parse_args()
    paths = sys.stdin.read().split()
    print(json.dumps(offer(args.port, paths, args.clients, args.warm, args.seconds)))


if __name__ == "__main__":
    main()
