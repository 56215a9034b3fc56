"""The records that the engine keeps: one cell a berth, one record a reading, one entry a device.

Structured arrays, so that a berth's whole state is read, written and undone as one value.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from parking.states import BerthState, QuarantineReason, TransitionCause

Cells = NDArray[Any]
Records = NDArray[Any]
Devices = NDArray[Any]

CAUSES: Final = tuple(TransitionCause)
CAUSE_CODE: Final = {cause: code for code, cause in enumerate(CAUSES)}
REASONS: Final = (None, *QuarantineReason)
REASON_CODE: Final = {reason: code for code, reason in enumerate(REASONS)}

FREE, OCCUPIED, UNKNOWN = (np.int8(state) for state in BerthState)
NEVER: Final = np.iinfo(np.int64).min // 2

# Channels of a berth: the device that is bound to it, and those that look at it from outside.
SENSOR, WITNESS = 0, 1

# What is particular about a belief: UNKNOWN although evidence leans to a state, or OCCUPIED on the sensor's
# word alone against a camera that overlooks the vehicle.
PLAIN, SILENT, DISPUTED, DISTRUSTED, UPHELD = range(5)

CELL: Final = np.dtype([
    ("said_us", np.int64, 2),  # when each channel last spoke
    ("turn_from_us", np.int64),  # bounds of the newest statement against what is believed
    ("turn_to_us", np.int64),
    ("since_us", np.int64),  # latest bound of the last change of `state`
    ("device", np.int32, 2),  # who spoke last on each channel
    ("said", np.int8, 2),  # 0, 1, or -1 where it has no opinion
    ("passed", np.bool_),  # whether the opinion from outside is that of someone who passed by
    ("lean", np.int8),  # what the evidence says
    ("state", np.int8),  # what is believed: `lean`, or UNKNOWN for the reason in `why`
    ("why", np.int8),
])  # fmt: skip

RECORD: Final = np.dtype([
    ("observed_us", np.int64),
    ("reading_id", np.int64),  # -1 where time alone acted
    ("before", CELL),  # the berth's cell before this record
    ("previous", np.int64),  # number of the berth's record before this one, -1 for none
    ("earliest_us", np.int64, 2),  # what the record made known: an implied change, then its own
    ("latest_us", np.int64, 2),
    ("published_seq", np.int64, 2),  # 0 where nothing was made known
    ("tie", np.int64),  # orders records of one instant by what they say, not by when they came
    ("berth", np.int32),
    ("device", np.int32),
    ("to_state", np.int8, 2),
    ("kind", np.int8),
    ("occupied", np.int8),
    ("channel", np.int8),
    ("is_done", np.bool_),  # learnt from, or taken out of the berth's history
])  # fmt: skip

DEVICE: Final = np.dtype([
    ("seq", np.uint32),  # the low half of the number
    ("boot", np.int32),
    ("heard_s", np.int32),  # whole seconds since 1970; 0 for never
    ("turned_s", np.int32),
    ("lost_from_s", np.int32),  # between these two messages, one at least was lost
    ("lost_to_s", np.int32),
    ("distrusted_s", np.int32),
    ("agreed", np.float32),  # comparisons with other sources, older ones fading
    ("disputed", np.float32),
    ("weight", np.float32),  # log-odds that a statement is true; 0 in quarantine
    ("turns", np.float32),  # own changes, and those of them that were taken back
    ("taken_back", np.float32),
    ("beats", np.float32),  # regular reports heard, fading over a day
    ("quarters", np.uint16),  # quarters of an hour since it was first heard
    ("battery_v", np.float32),
    ("battery_per_day", np.float32),
    ("reason", np.int8),  # index into REASONS
])  # fmt: skip


def new_cells(size: int) -> Cells:
    """Cells of berths of which nothing was ever heard."""
    cells = np.zeros(size, dtype=CELL)
    for name in ("said_us", "turn_from_us", "turn_to_us", "since_us"):
        cells[name] = NEVER
    cells["said"] = cells["device"] = -1
    cells["lean"] = cells["state"] = UNKNOWN
    return cells


def heard_us(cells: Cells) -> NDArray[np.int64]:
    """When the newest evidence of each cell was observed."""
    said = cells["said_us"]
    heard: NDArray[np.int64] = np.maximum(said[..., 0], said[..., 1])
    return heard


def gather(array: NDArray[Any], index: NDArray[Any]) -> NDArray[Any]:
    """The values at these places; as bytes, because numpy copies structured values field by field."""
    found: NDArray[Any] = array.view(f"V{array.itemsize}").take(index).view(array.dtype)
    return found


def scatter(array: NDArray[Any], index: NDArray[Any], values: NDArray[Any]) -> None:
    """Put values in these places, as `gather` takes them out."""
    array.view(f"V{array.itemsize}")[index] = values.view(f"V{array.itemsize}")


def duplicate(array: NDArray[Any]) -> NDArray[Any]:
    """A copy, as bytes."""
    copied: NDArray[Any] = array.view(f"V{array.itemsize}").copy().view(array.dtype)
    return copied


def set_before(records: Records, cells: Cells) -> None:
    """Write each record's cell into it."""
    offset = RECORD.fields["before"][1]  # type: ignore[index]  # a structured type has fields
    bytes_of = records.view(np.uint8).reshape(len(records), RECORD.itemsize)
    bytes_of[:, offset : offset + CELL.itemsize] = cells.view(np.uint8).reshape(len(cells), CELL.itemsize)
