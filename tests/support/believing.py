"""A small engine and evidence for it, written as rows; sequence numbers given as the street gives them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from occupancy.cells import CAUSES
from occupancy.engine import Engine
from occupancy.evidence import Changes, Evidence, join_changes
from parking.readings import ReadingKind
from parking.states import TransitionCause

MINUTE_US = 60_000_000
MIDNIGHT_US = 1_795_000_000_000_000
LIMIT_MIN = 80


class Word(NamedTuple):
    """One statement: minutes after midnight, what is said, by whom (None: the sensor)."""

    minute: float
    occupied: int
    berth: int = 0
    device: int | None = None
    kind: ReadingKind = ReadingKind.CHANGE
    received: float | None = None
    seq: int | None = None


class Row(NamedTuple):
    """One change of belief, times in minutes."""

    from_state: int
    to_state: int
    earliest: float
    latest: float
    cause: TransitionCause
    seq: int
    replaces: int


@dataclass(slots=True)
class Street:
    """An engine over berths with a sensor each, a camera and a hand-held; keeps all rows by berth."""

    berths: int = 1
    engine: Engine = field(init=False)
    rows: dict[int, list[Row]] = field(default_factory=dict)
    _seq: int = 0

    def __post_init__(self) -> None:
        names = [f"B{n}" for n in range(self.berths)]
        limit = np.full(self.berths, LIMIT_MIN * MINUTE_US, dtype=np.int64)
        bound = np.array([*range(self.berths), -1, -1], dtype=np.int64)
        devices = [*(f"G{n}" for n in range(self.berths)), "C", "P"]
        self.engine = Engine(names, limit, 10**12, devices, bound)

    @property
    def camera(self) -> int:
        """The camera's number."""
        return self.berths

    @property
    def walker(self) -> int:
        """The hand-held's number."""
        return self.berths + 1

    def hear(self, *words: Word, now: float | None = None) -> list[Row]:
        """Let the engine hear, and time pass to `now`; returns what was made known of all berths."""
        changes = [self.engine.apply(columns(words))]
        if now is not None:
            changes.append(self.engine.advance(_us(now)))
        return self._number(join_changes(changes))

    def wait(self, now: float) -> list[Row]:
        """Let time pass."""
        return self.hear(now=now)

    def standing(self, berth: int = 0) -> list[tuple[int, float, float]]:
        """What stands of all that was said of a berth: state, and when it began."""
        rows = {row.seq: row for row in self.rows.get(berth, [])}
        gone = {row.replaces for row in rows.values()}
        kept = [row for row in rows.values() if row.seq not in gone and row.from_state != row.to_state]
        kept.sort(key=lambda row: _place(row, rows))
        return [(row.to_state, row.earliest, row.latest) for row in kept]

    def _number(self, changes: Changes) -> list[Row]:
        order = np.argsort(changes.latest_us, kind="stable")
        seqs = np.empty(len(changes), dtype=np.int64)
        seqs[order] = np.arange(self._seq + 1, self._seq + 1 + len(changes))
        self._seq += len(changes)
        self.engine.published(changes.place, seqs)
        told = []
        for row in order.tolist():
            told.append(
                Row(
                    int(changes.from_state[row]),
                    int(changes.to_state[row]),
                    (int(changes.earliest_us[row]) - MIDNIGHT_US) / MINUTE_US,
                    (int(changes.latest_us[row]) - MIDNIGHT_US) / MINUTE_US,
                    CAUSES[int(changes.cause[row])],
                    int(seqs[row]),
                    int(changes.replaces[row]),
                )
            )
            self.rows.setdefault(int(changes.berth[row]), []).append(told[-1])
        return told


def columns(words: Sequence[Word]) -> Evidence:
    """Put words into columns."""
    return Evidence(
        reading_id=np.arange(len(words), dtype=np.int64),
        berth=np.array([word.berth for word in words], dtype=np.int64),
        device=np.array(
            [word.berth if word.device is None else word.device for word in words], dtype=np.int64
        ),
        boot=np.zeros(len(words), dtype=np.int64),
        seq=np.array(
            [2 * round(word.minute * 60_000) if word.seq is None else word.seq for word in words],
            dtype=np.int64,
        ),
        observed_us=np.array([_us(word.minute) for word in words], dtype=np.int64),
        received_us=np.array(
            [_us(word.minute if word.received is None else word.received) for word in words], dtype=np.int64
        ),
        kind=np.array([int(word.kind) for word in words], dtype=np.int8),
        occupied=np.array([word.occupied for word in words], dtype=np.int8),
        battery_v=np.full(len(words), 3.6, dtype=np.float32),
    )


def _us(minute: float) -> int:
    return MIDNIGHT_US + round(minute * MINUTE_US)


def _place(row: Row, rows: dict[int, Row]) -> tuple[int, ...]:
    place = [row.seq]
    while row.replaces:
        place.append(row.replaces)
        row = rows[row.replaces]
    return tuple(reversed(place))
