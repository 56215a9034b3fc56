"""Columns of many rows as arrays for `unnest`, in PostgreSQL's binary form.

The driver looks at every element of a list by itself, which costs two microseconds each; here a column is
packed at once. Arrays are laid out as `array_send` in PostgreSQL's source does: dimensions, whether there are
NULLs, type of the elements, length and lower bound, then each element behind its length. A query casts its
parameter to the array's type.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from struct import pack

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INT2, _INT4, _INT8, _TEXT, _FLOAT4, _TIMESTAMPTZ = 21, 23, 20, 25, 700, 1184


class Column(bytes):
    """One packed column."""

    __slots__ = ()


class _ColumnDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Column) -> bytes:
        return obj


psycopg.adapters.register_dumper(Column, _ColumnDumper)


def int2s(numbers: Sequence[int]) -> Column:
    """Pack for `int2[]`."""
    return _fixed(_INT2, "h", 2, numbers)


def int4s(numbers: Sequence[int]) -> Column:
    """Pack for `int4[]`."""
    return _fixed(_INT4, "i", 4, numbers)


def int8s(numbers: Sequence[int]) -> Column:
    """Pack for `int8[]`."""
    return _fixed(_INT8, "q", 8, numbers)


def float4s(numbers: Sequence[float]) -> Column:
    """Pack for `float4[]`."""
    return _fixed(_FLOAT4, "f", 4, numbers)


def instants(moments: Sequence[datetime]) -> Column:
    """Pack for `timestamptz[]`."""
    return _fixed(_TIMESTAMPTZ, "q", 8, [(each - _EPOCH) // _MICROSECOND for each in moments])


def texts(words: Sequence[str]) -> Column:
    """Pack for `text[]`."""
    encoded = [each.encode() for each in words]
    lengths = [len(each).to_bytes(4, "big") for each in encoded]
    return _array(_TEXT, len(words), b"".join(chain.from_iterable(zip(lengths, encoded, strict=True))))


def _fixed(oid: int, code: str, length: int, values: Sequence[float]) -> Column:
    flat: Iterable[float] = chain.from_iterable(zip(repeat(length), values))
    return _array(oid, len(values), pack(">" + ("i" + code) * len(values), *flat))


def _array(oid: int, count: int, body: bytes) -> Column:
    if not count:
        return Column(pack(">iii", 0, 0, oid))
    return Column(pack(">iiiii", 1, 0, oid, count, 1) + body)
