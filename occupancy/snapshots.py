"""The engine's state as bytes, and back.

One header of JSON and the arrays as they are in memory; of the journal only what can still change or be
learnt from. A snapshot of another layout is refused: the street then replays from further back.
"""

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from occupancy.cells import CELL, DEVICE, RECORD
from parking.errors import SetupError

if TYPE_CHECKING:
    from occupancy.engine import Engine

_Places = NDArray[np.int64] | slice
_LENGTH = struct.Struct("<Q")


def save(engine: "Engine") -> bytes:
    """Return the whole state."""
    journal = engine.journal
    numbers = journal.open_rows()
    arrays = {
        "berth_ids": engine.berth_ids,
        "cells": engine.cells,
        "received_us": engine.received_us,
        "newest": journal.newest,
        "device_ids": engine.device_ids,
        "devices": engine.devices,
        "numbers": numbers,
        "records": journal.rows[numbers % journal.capacity],
    }
    header = {
        "layout": _layout(),
        "clock": [engine.newest_us, engine.final_us, engine.learnt_us],
        "journal": [journal.capacity, journal.end],
        "arrays": {name: [each.dtype.str, len(each)] for name, each in arrays.items()},
    }
    head = json.dumps(header).encode()
    return b"".join([_LENGTH.pack(len(head)), head, *(_bytes(each) for each in arrays.values())])


def load(engine: "Engine", body: bytes) -> None:
    """Take a snapshot over."""
    start = _LENGTH.size + _LENGTH.unpack_from(body)[0]
    header = json.loads(body[_LENGTH.size : start])
    if header["layout"] != _layout():
        raise SetupError("the snapshot of the grid has another layout: delete the rows of grid_snapshots")
    saved: dict[str, NDArray[Any]] = {}
    types: dict[str, Any] = {"cells": CELL, "devices": DEVICE, "records": RECORD}
    for name, (kind, count) in header["arrays"].items():
        dtype = np.dtype(types.get(name, kind))
        saved[name] = np.frombuffer(body, dtype=dtype, count=count, offset=start)
        start += dtype.itemsize * count
    engine.newest_us, engine.final_us, engine.learnt_us = header["clock"]
    here, there = _matches(engine.berth_ids, saved["berth_ids"])
    who, was = _matches(engine.device_ids, saved["device_ids"])
    is_same = isinstance(here, slice) and isinstance(who, slice)
    engine.devices[who] = saved["devices"][was]
    engine.cells[here] = _renumbered(saved["cells"], who, was)[there]
    engine.received_us[here] = saved["received_us"][there]
    if is_same and header["journal"][0] == engine.journal.capacity:
        _load_journal(engine, header["journal"][1], saved)


def _load_journal(engine: "Engine", end: int, saved: dict[str, NDArray[Any]]) -> None:
    journal = engine.journal
    journal.rows[:] = np.zeros(1, dtype=RECORD)
    journal.rows["is_done"] = True
    journal.rows[saved["numbers"] % journal.capacity] = saved["records"]
    journal.newest[:] = saved["newest"]
    journal.end = end


def _matches(mine: NDArray[np.bytes_], theirs: NDArray[np.bytes_]) -> tuple[_Places, _Places]:
    """Where in both lists the same names stand."""
    if len(mine) == len(theirs) and (mine == theirs).all():
        return slice(None, len(mine)), slice(None, len(mine))
    _, here, there = np.intersect1d(mine, theirs, assume_unique=True, return_indices=True)
    return here, there


def _renumbered(cells: NDArray[Any], who: _Places, was: _Places) -> NDArray[Any]:
    """The cells with the devices' new numbers; devices that are gone have none, and weigh nothing."""
    if isinstance(who, slice) or isinstance(was, slice):
        return cells
    number = np.full(int(cells["device"].max(initial=-1)) + 2, -1, dtype=np.int32)
    known = was < len(number) - 1
    number[was[known]] = who[known]
    cells = cells.copy()
    cells["device"] = number[cells["device"]]
    return cells


def _layout() -> str:
    return f"{CELL.itemsize}-{RECORD.itemsize}-{DEVICE.itemsize}-1"


def _bytes(array: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(array).view(np.uint8).data
