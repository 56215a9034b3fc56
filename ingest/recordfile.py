"""Raw traffic in a file: topic, payload and the moment it was received, in blocks that a kill cannot spoil.

After the magic line a block is length (4 bytes), CRC-32 (4 bytes) and a zlib-compressed msgpack list of
messages. A block is written in one piece; one that was cut short is the last, and is cut off before more is
appended. Times are microseconds since 1970.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from parking.errors import SetupError
from parking.readings import RawMessage

MAGIC: Final = b"citypark traffic 1\n"
# More than a block of the largest messages that the street reads.
LARGEST_BLOCK: Final = 256 * 1024 * 1024

_HEAD: Final = struct.Struct("<II")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_BLOCK: Final = msgspec.msgpack.Decoder(list[tuple[int, str, bytes]])


class Recorder:
    """Appends to a record, new or begun earlier. Raises SetupError for a file of another kind."""

    def __init__(self, path: Path) -> None:
        self._file = _open_for_append(path)

    def write(self, messages: Sequence[RawMessage]) -> None:
        """Append these messages as one block, and hand it to the operating system."""
        if messages:
            self._file.write(encode_block(messages))
            self._file.flush()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def read_record(path: Path) -> Iterator[list[RawMessage]]:
    """Blocks of the record, in order; ends where a block was cut short. Raises SetupError for other files."""
    try:
        with path.open("rb") as file:
            _check_magic(path, file)
            while (block := _next_block(file)) is not None:
                yield block
    except OSError as error:
        raise SetupError(f"{path}: cannot be read: {error.strerror}") from error


def encode_block(messages: Sequence[RawMessage]) -> bytes:
    """One block of these messages."""
    rows = [((each.received_at - _EPOCH) // _MICROSECOND, each.topic, each.payload) for each in messages]
    body = zlib.compress(msgspec.msgpack.encode(rows), 6)
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


def decode_block(body: bytes) -> list[RawMessage] | None:
    """Messages of a block's compressed part, None where it is none."""
    try:
        unpacked = zlib.decompressobj()
        text = unpacked.decompress(body, LARGEST_BLOCK)
        rows = _BLOCK.decode(text)
        return [
            RawMessage(topic=topic, payload=payload, received_at=_EPOCH + at * _MICROSECOND)
            for at, topic, payload in rows
        ]
    except (zlib.error, msgspec.MsgspecError, OverflowError, UnicodeDecodeError):
        return None


def _next_block(file: BinaryIO) -> list[RawMessage] | None:
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    length, checksum = _HEAD.unpack(head)
    if length > LARGEST_BLOCK:
        return None
    body = file.read(length)
    if len(body) < length or zlib.crc32(body) != checksum:
        return None
    return decode_block(body)


def _open_for_append(path: Path) -> BinaryIO:
    try:
        file = path.open("a+b")
    except OSError as error:
        raise SetupError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        _cut_to_sound(path, file)
    except BaseException:
        file.close()
        raise
    return file


def _cut_to_sound(path: Path, file: BinaryIO) -> None:
    """Leave what can be read; a new file gets its magic line."""
    file.seek(0)
    if not file.read(1):
        file.write(MAGIC)
        file.flush()
        return
    file.seek(0)
    _check_magic(path, file)
    sound = file.tell()
    while _next_block(file) is not None:
        sound = file.tell()
    file.truncate(sound)


def _check_magic(path: Path, file: BinaryIO) -> None:
    if file.read(len(MAGIC)) != MAGIC:
        raise SetupError(f"{path}: not a record of traffic; `citypark ingest record` makes one")
