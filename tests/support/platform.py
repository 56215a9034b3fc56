"""The all-in-one as a user starts it: a process of its own in a folder of its own, on free ports."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.support.broker import free_port
from tests.support.database import ROOT

SERVICES = ("street", "billing", "enforcement", "guidance", "simulate")


class Platform:
    """A running `citypark up`."""

    def __init__(self, home: Path, arguments: tuple[str, ...], environment: Mapping[str, str]) -> None:
        self.home = home
        self.http_port, self.mqtt_port = free_port(), free_port()
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.main", "--lang", "en", "up", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "CITYPARK_HOME": str(home),
                "CITYPARK_HTTP_PORT": str(self.http_port),
                "CITYPARK_MQTT_PORT": str(self.mqtt_port),
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def state(self) -> dict[str, Any]:
        """Return what the all-in-one says of itself: addresses and process ids."""
        path = self.home / "state.json"
        try:
            return dict(json.loads(path.read_text()))
        except (OSError, ValueError):
            return {"pids": {}}

    def wait_line(self, start: str, timeout_s: float) -> str:
        """Return the first line printed that begins so; fails when the process ends or time is up."""
        until = time.monotonic() + timeout_s
        while True:
            for line in self.lines:
                if line.startswith(start):
                    return line
            assert time.monotonic() < until, f"no line {start!r} in {timeout_s} s:\n{self.told()}"
            assert self.process.poll() is None, f"ended before {start!r}:\n{self.told()}"
            time.sleep(0.1)

    def wait_pid(self, name: str, timeout_s: float = 60) -> int:
        """Return the process id of a child once it runs."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            if pid := self.state["pids"].get(name):
                return int(pid)
            time.sleep(0.05)
        raise AssertionError(f"{name} does not run:\n{self.told()}")

    def kill(self, name: str) -> None:
        """End a child as hard as possible."""
        os.kill(self.wait_pid(name), signal.SIGKILL)

    def get(self, path: str) -> Any:  # noqa: ANN401  whatever the route answers
        """Return the JSON that a route answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=10) as response:
            return json.load(response)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on its database."""
        with psycopg.connect(self.state["database_url"]) as connection:
            return connection.execute(sql.encode()).fetchall()

    def told(self) -> str:
        """Return everything printed so far, and the ends of the logs."""
        logs = [
            f"--- {path.name}\n" + path.read_text()[-1500:] for path in sorted(self.home.glob("logs/*.log"))
        ]
        return "\n".join([*self.lines, *logs])

    def stop(self) -> int:
        """Press Ctrl-C and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        self._reader.join(5)
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.lines.append(line.rstrip("\n"))


@contextmanager
def running(home: Path, *arguments: str, **environment: str) -> Iterator[Platform]:
    """Run the all-in-one for the length of the block."""
    platform = Platform(home, arguments, environment)
    try:
        yield platform
    finally:
        if platform.process.poll() is None:
            platform.stop()
