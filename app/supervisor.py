"""Starts processes, notices when they die, starts them again, and stops them in reverse order."""

import ctypes
import functools
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from parking.errors import SetupError, UnavailableError

FIRST_PAUSE_S = 0.3
LONGEST_PAUSE_S = 10.0
# A process that lived this long failed for a new reason: its pause starts from the beginning.
SETTLED_AFTER_S = 30.0
STOP_TIMEOUT_S = 15.0
LOG_KEPT_BYTES = 20_000_000
SETUP_EXIT_CODE = 2

_PR_SET_PDEATHSIG = 1


@dataclass(slots=True, kw_only=True)
class Child:
    """One process to be kept running. `stop_signal` is the one that lets it finish cleanly.

    A child that `finishes` may end with exit code 0; it is then done and not started again.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    finishes: bool = False
    is_done: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    restart_at: float = 0.0
    restarts: int = 0


class Supervisor:
    """Keeps children running. `tell` gets each line for people, `note` is called after each launch.

    A child that ends with exit code 2 says that the operator must change something: that is raised as
    SetupError with the child's last line, not tried again.
    """

    def __init__(
        self, logs: Path, tell: Callable[[str], None], note: Callable[[], None], stop: threading.Event
    ) -> None:
        self._logs = logs
        self._tell = tell
        self._note = note
        self._stop = stop
        self._children: list[Child] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, child: Child) -> None:
        """Start a child and keep it running from now on."""
        self._children.append(child)
        self._launch(child)

    def tend(self) -> None:
        """Look after the children once: note deaths, restart what is due."""
        for child in self._children:
            process = child.process
            if process is not None and process.poll() is not None:
                self._note_death(child, process.returncode)
            if child.process is None and not child.is_done and time.monotonic() >= child.restart_at:
                child.restarts += 1
                self._launch(child)

    def wait(self, check: Callable[[], bool], what: str, timeout_s: float) -> None:
        """Tend the children until the check holds; raises UnavailableError after the timeout.

        Raises KeyboardInterrupt when the operator stops us meanwhile.
        """
        until = time.monotonic() + timeout_s
        while not check():
            if self._stop.is_set():
                raise KeyboardInterrupt
            if time.monotonic() > until:
                raise UnavailableError(f"{what}: not ready after {timeout_s:.0f} s, see {self._logs}")
            self.tend()
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop all children, the last started first; one that does not stop in time is killed."""
        for child in reversed(self._children):
            process = child.process
            if process is None or process.poll() is not None:
                continue
            process.send_signal(child.stop_signal)
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._tell(f"{child.name}: did not stop in {STOP_TIMEOUT_S:.0f} s, killed")
                process.kill()
                process.wait()
        self._children.clear()

    def is_done(self, name: str) -> bool:
        """Whether a child that finishes has ended well."""
        return any(child.is_done for child in self._children if child.name == name)

    def pids(self) -> dict[str, int]:
        """Process id of each running child."""
        return {child.name: child.process.pid for child in self._children if child.process is not None}

    def _launch(self, child: Child) -> None:
        with _open_log(self._logs / f"{child.name}.log") as log:
            child.process = subprocess.Popen(
                list(child.command),
                env={**os.environ, **child.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C at the terminal is ours to pass on, in order
                preexec_fn=functools.partial(_die_with_parent, child.stop_signal),  # noqa: PLW1509  no threads here
            )
        child.started_at = time.monotonic()
        self._note()

    def _note_death(self, child: Child, code: int) -> None:
        if child.finishes and code == 0:
            child.process, child.is_done = None, True
            return
        if code == SETUP_EXIT_CODE:
            child.process = None
            raise SetupError(f"{child.name}: {_last_line(self._logs / f'{child.name}.log')}")
        if time.monotonic() - child.started_at > SETTLED_AFTER_S:
            child.pause_s = FIRST_PAUSE_S
        self._tell(
            f"{child.name}: {_cause(code)}; again in {child.pause_s:.1f} s, see {self._logs}/{child.name}.log"
        )
        child.process = None
        child.restart_at = time.monotonic() + child.pause_s
        child.pause_s = min(child.pause_s * 2, LONGEST_PAUSE_S)


def _open_log(path: Path) -> BinaryIO:
    if path.exists() and path.stat().st_size > LOG_KEPT_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no message"


def _cause(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def _die_with_parent(stop_signal: signal.Signals) -> None:
    """Ask the kernel to end this child when the supervisor is gone, however it went."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, stop_signal)
