"""A lean HTTP client for benches: so many connections, each asking again as soon as it is answered.

It runs as a process of its own (`python -m app.bench.load`): what it costs is no server's time. Paths come
as lines on its input, the figures leave as a line of JSON.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(slots=True)
class Tally:
    """Seconds of every answer after the warm-up, how many there were with it, and how many refusals."""

    spent_s: list[float] = field(default_factory=list)
    refused: int = 0
    answers: int = 0


class Client(asyncio.Protocol):
    """One connection; asks until `until`, measures from `since` on (seconds of the loop's clock)."""

    def __init__(self, requests: Iterator[bytes], tally: Tally, since: float, until: float) -> None:
        self._requests, self._tally, self._since, self._until = requests, tally, since, until
        self._rest = b""
        self._asked = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  as create_connection makes them
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer; ask again where it is whole."""
        self._rest += data
        head = self._rest.find(_END)
        if head < 0:
            return
        at = self._rest.lower().index(_LENGTH, 0, head) + len(_LENGTH)
        if len(self._rest) < head + len(_END) + int(self._rest[at : self._rest.index(b"\r\n", at)]):
            return
        now = time.perf_counter()
        self._tally.answers += 1
        if now >= self._since:
            self._tally.spent_s.append(now - self._asked)
            self._tally.refused += not self._rest.startswith(b"HTTP/1.1 200")
        self._rest = b""
        if now < self._until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if exc is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(exc)

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(next(self._requests))


async def offer(port: int, paths: list[str], clients: int, warm_s: float, seconds: float) -> dict[str, float]:
    """Ask for so many seconds after a warm-up; milliseconds, answers a second, and refusals."""
    loop, tally = asyncio.get_running_loop(), Tally()
    since = time.perf_counter() + warm_s
    requests = cycle([f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() for path in paths])
    opened = [
        await loop.create_connection(
            lambda: Client(requests, tally, since, since + seconds), "127.0.0.1", port
        )
        for _ in range(clients)
    ]
    await asyncio.gather(*(client.done for _, client in opened))
    spent = sorted(tally.spent_s)
    return {
        "p50_ms": round(spent[len(spent) // 2] * 1000, 2),
        "p99_ms": round(spent[len(spent) * 99 // 100] * 1000, 2),
        "rps": round(len(spent) / seconds, 1),
        "refused": tally.refused,
        "answers": tally.answers,
    }


def main() -> None:
    """Read paths, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--warm", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=5.0)
    args = parser.parse_args()
    paths = sys.stdin.read().split()
    print(json.dumps(asyncio.run(offer(args.port, paths, args.clients, args.warm, args.seconds))))


if __name__ == "__main__":
    main()
