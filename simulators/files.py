"""The simulator's files under the home directory; each is replaced in one step, never half written."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from parking.errors import SetupError
from parking.ids import SignId
from simulators.devices.sign import Shown


class Checkpoint(msgspec.Struct, frozen=True):
    """How far a run has come since `first_ms`: the broker has everything before `published_until_ms`.

    The platform has announced that it has stored what lies before `stored_until_ms`, 0 where it has not.
    """

    seed: int
    scenario: str
    run: str
    first_ms: int
    published_until_ms: int
    stored_until_ms: int = 0


class RunProgress(msgspec.Struct, frozen=True):
    """What `citypark up` shows while the simulator catches up; `at` is event time."""

    phase: str
    at: str
    published: int
    total: int


class Files:
    """Reads and writes the files of one simulated city."""

    def __init__(self, home: Path) -> None:
        self._directory = home / "simulator"

    def load_checkpoint(self) -> Checkpoint | None:
        """Return the stored checkpoint; None where there is none that can be read."""
        try:
            return msgspec.json.decode((self._directory / "checkpoint.json").read_bytes(), type=Checkpoint)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Store how far the run has come."""
        self._replace("checkpoint.json", [msgspec.json.encode(checkpoint).decode()])

    def save_progress(self, progress: RunProgress) -> None:
        """Store what people are shown."""
        self._replace("progress.json", [msgspec.json.encode(progress).decode()])

    def save_signs(self, shown: Mapping[SignId, Shown]) -> None:
        """Store what the signs show."""
        self._replace("signs.json", [msgspec.json.encode(shown).decode()])

    def save_lines(self, name: str, lines: Iterable[str]) -> None:
        """Store a file of lines."""
        self._replace(name, lines)

    def _replace(self, name: str, lines: Iterable[str]) -> None:
        """Write beside and rename; raises SetupError where the directory cannot be written."""
        path = self._directory / name
        beside = path.with_name(f".{name}.new")
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with beside.open("w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except OSError as error:
            raise SetupError(
                f"{path} cannot be written ({error.strerror}): make it writable or set CITYPARK_HOME"
            ) from error
