"""What devices say, as columns: one row is one message with the instant at which it reaches the broker."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from simulators.draws import Flags, Ints

# Messages that one device can number in a day; a camera over 60 berths stays far below.
SEQS_PER_DAY = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Messages in the order of `publish_ms`; (device, boot, seq) is unique except for repeats.

    `at_ms` is what the device's clock says. `kind` holds values of ReadingKind. `vehicle` indexes the day's
    vehicles as read, -1 for none; `confidence` is in hundredths. `since_ms` is when a driver who pays says
    that he came, -1 in all other rows.
    """

    publish_ms: Ints
    at_ms: Ints
    device: NDArray[np.int32]
    berth: NDArray[np.int32]
    boot: NDArray[np.int32]
    seq: NDArray[np.int32]
    kind: NDArray[np.int8]
    occupied: Flags
    vehicle: NDArray[np.int32]
    confidence: NDArray[np.int8]
    since_ms: Ints

    def __len__(self) -> int:
        return len(self.publish_ms)

    def pick(self, which: NDArray[Any] | slice) -> Self:
        """The rows at these indexes, in the slice, or where the mask holds."""
        return replace(self, **{each.name: getattr(self, each.name)[which] for each in fields(self)})


def spoken(
    *,
    at_ms: Ints,
    device: Ints,
    berth: Ints,
    kind: "int | Ints",
    occupied: Flags,
    vehicle: Ints,
    confidence: Ints,
    since_ms: Ints | None = None,
) -> Events:
    """Rows said at `at_ms` and heard at once; their numbers are given by `number_events`."""
    count = len(at_ms)
    return Events(
        publish_ms=at_ms,
        at_ms=at_ms,
        device=device.astype(np.int32),
        berth=berth.astype(np.int32),
        boot=np.zeros(count, dtype=np.int32),
        seq=np.zeros(count, dtype=np.int32),
        kind=np.broadcast_to(np.asarray(kind, dtype=np.int8), (count,)),
        occupied=occupied,
        vehicle=vehicle.astype(np.int32),
        confidence=confidence.astype(np.int8),
        since_ms=np.full(count, -1, dtype=np.int64) if since_ms is None else since_ms,
    )


def join_events(parts: Iterable[Events]) -> Events:
    """All rows, in the order of the parts; parts that nobody else holds are let go column by column."""
    columns: dict[str, list[NDArray[Any]]] = {each.name: [] for each in fields(Events)}
    for part in parts:
        for name, column in columns.items():
            column.append(getattr(part, name))
    return Events(**{name: np.concatenate(columns.pop(name)) for name in list(columns)})


def in_order(events: Events) -> Events:
    """The rows in the order in which the broker gets them."""
    return events.pick(np.argsort(events.publish_ms, kind="stable"))


def merge_events(many: Events, few: Events) -> Events:
    """Both in the order in which the broker gets them; each is in that order already."""
    place = np.searchsorted(many.publish_ms, few.publish_ms, "right")
    return Events(
        **{
            each.name: np.insert(getattr(many, each.name), place, getattr(few, each.name))
            for each in fields(Events)
        }
    )


def number_events(events: Events, day_number: int) -> Events:
    """Number each device's rows in the order in which it says them; the numbers grow from day to day."""
    order = np.lexsort((events.at_ms, events.device))
    device = events.device[order]
    first = np.flatnonzero(np.diff(device, prepend=-1)).astype(np.int32)
    ordinal = np.arange(len(order), dtype=np.int32)
    ordinal -= np.repeat(first, np.diff(first, append=len(order)))
    ordinal += day_number * SEQS_PER_DAY
    seq = np.empty(len(order), dtype=np.int32)
    seq[order] = ordinal
    return replace(events, seq=seq)
