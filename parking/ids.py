"""Names of things, as distinct types, and the partition that a berth belongs to."""

import re
from typing import NewType
from zlib import crc32

BerthId = NewType("BerthId", str)
CameraId = NewType("CameraId", str)
ChargeId = NewType("ChargeId", str)
DeviceId = NewType("DeviceId", str)
Partition = NewType("Partition", int)
Plate = NewType("Plate", str)
ReadingId = NewType("ReadingId", int)
SectionId = NewType("SectionId", str)
SignId = NewType("SignId", str)
StayId = NewType("StayId", str)
ViolationId = NewType("ViolationId", str)
ZoneId = NewType("ZoneId", str)

# Fixed for the life of a database: rows carry the number, and stored positions are kept by it.
PARTITIONS = 64

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
PLAIN_ID_RULE = "must be 1 to 32 letters, digits, '.', '_' or '-', beginning with a letter or digit"


def is_plain_id(text: str) -> bool:
    """Whether the text may be an id in a city's files: ids stand in topics, addresses and spoken messages."""
    return _PLAIN.fullmatch(text) is not None


def partition_of(berth_id: BerthId) -> Partition:
    """The partition in [0, PARTITIONS) that owns this berth; the same on every machine."""
    return Partition(crc32(berth_id.encode()) % PARTITIONS)
