"""The engine's state as bytes, and back.

One header of JSON and the arrays as they are in memory; of the journal only what can still change or be
learnt from. A snapshot of another layout is refused: the street then replays from further back.
"""

import json
import struct
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from occupancy.cells import CELL, DEVICE, RECORD
from occupancy.journal import NONE
from parking.errors import SetupError

if TYPE_CHECKING:
    from occupancy.engine import Engine

Names = Sequence[str] | NDArray[np.str_]
_Places = NDArray[np.int64] | slice
_LENGTH = struct.Struct("<Q")


def save(engine: "Engine") -> bytes:
    """Return the whole state."""
    journal = engine.journal
    numbers = journal.open_rows()
    arrays = {
        "berths": np.frombuffer(engine.berth_names, dtype=np.uint8),
        "cells": engine.cells,
        "received_us": engine.received_us,
        "owners": np.frombuffer(engine.device_names, dtype=np.uint8),
        "devices": engine.devices,
        "numbers": numbers,
        "records": journal.rows[numbers % journal.capacity],
    }
    header = {
        "layout": _layout(),
        "clock": [engine.newest_us, engine.final_us, engine.learnt_us, engine.ticked_us],
        "journal": [journal.capacity, journal.end],
        "arrays": {name: [each.dtype.str, len(each)] for name, each in arrays.items()},
    }
    head = json.dumps(header).encode()
    return b"".join([_LENGTH.pack(len(head)), head, *(_bytes(each) for each in arrays.values())])


def load(engine: "Engine", body: bytes) -> None:
    """Take a snapshot over."""
    try:
        start = _LENGTH.size + _LENGTH.unpack_from(body)[0]
        header = json.loads(body[_LENGTH.size : start])
    except (struct.error, ValueError):
        header = {}
    if header.get("layout") != _layout():
        raise SetupError("the snapshot of the grid has another layout: delete the rows of grid_snapshots")
    saved: dict[str, NDArray[Any]] = {}
    types: dict[str, Any] = {"cells": CELL, "devices": DEVICE, "records": RECORD}
    for name, (kind, count) in header["arrays"].items():
        dtype = np.dtype(types.get(name, kind))
        saved[name] = np.frombuffer(body, dtype=dtype, count=count, offset=start)
        start += dtype.itemsize * count
    engine.newest_us, engine.final_us, engine.learnt_us = header["clock"][:3]
    engine.ticked_us = [*header["clock"], engine.newest_us][3]  # snapshots of before have no ticks
    here, there = _matches(engine.berth_names, saved["berths"].tobytes())
    who, was = _matches(engine.device_names, saved["owners"].tobytes())
    is_same = isinstance(here, slice) and isinstance(who, slice)
    engine.devices[:-1][who] = saved["devices"][:-1][was]
    engine.devices[-1] = saved["devices"][-1]  # of all that are in no register
    engine.cells[here] = _renumbered(saved["cells"], who, was)[there]
    engine.received_us[here] = saved["received_us"][there]
    if is_same and header["journal"][0] == engine.journal.capacity:
        _load_journal(engine, header["journal"][1], saved)


def _load_journal(engine: "Engine", end: int, saved: dict[str, NDArray[Any]]) -> None:
    journal = engine.journal
    journal.rows[:] = np.zeros(1, dtype=RECORD)
    journal.rows["is_done"] = True
    journal.rows[saved["numbers"] % journal.capacity] = saved["records"]
    journal.newest[:] = NONE
    np.maximum.at(journal.newest, saved["records"]["berth"], saved["numbers"])
    journal.end = end


def pack(names: Names) -> bytes:
    """Names in a tenth of their size; they are plain letters and digits (parking.ids.is_plain_id)."""
    plain = np.asarray(names, dtype=np.str_).astype(np.bytes_)
    return zlib.compress(json.dumps(plain.dtype.str).encode() + b"\n" + plain.tobytes(), 1)


def _unpack(packed: bytes) -> NDArray[np.bytes_]:
    kind, _, names = zlib.decompress(packed).partition(b"\n")
    dtype = np.dtype(json.loads(kind))
    return np.frombuffer(names, dtype=dtype) if names else np.empty(0, dtype=dtype)


def _matches(mine: bytes, theirs: bytes) -> tuple[_Places, _Places]:
    """Where in both lists the same names stand."""
    if mine == theirs:
        return slice(None), slice(None)
    _, here, there = np.intersect1d(_unpack(mine), _unpack(theirs), assume_unique=True, return_indices=True)
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
