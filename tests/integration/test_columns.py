"""Packed columns arrive as the driver's own lists would."""

from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import pytest
from psycopg import sql

from parking.plumbing.columns import Column, float4s, instants, int2s, int4s, int8s, texts
from parking.plumbing.database import Connection

pytestmark = pytest.mark.database

AT = datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
CASES: list[tuple[Column, LiteralString, list[Any]]] = [
    (int2s([0, -1, 32_767]), "int2[]", [0, -1, 32_767]),
    (int4s([-(2**31), 7]), "int4[]", [-(2**31), 7]),
    (int8s([2**62, -(2**62)]), "int8[]", [2**62, -(2**62)]),
    (float4s([0.5, -3.25]), "float4[]", [0.5, -3.25]),
    (instants([AT, AT + timedelta(days=10_000)]), "timestamptz[]", [AT, AT + timedelta(days=10_000)]),
    (texts(["A-01", "", '泊位 "{,}\\']), "text[]", ["A-01", "", '泊位 "{,}\\']),
    (texts([]), "text[]", []),
    (int8s([]), "int8[]", []),
]


@pytest.mark.parametrize(("column", "kind", "expected"), CASES)
def test_column_arrives_as_it_left(
    connection: Connection, column: Column, kind: LiteralString, expected: list[Any]
) -> None:
    query = sql.SQL("SELECT value FROM unnest(%s::{}) WITH ORDINALITY AS v(value, place) ORDER BY place")
    rows = connection.execute(query.format(sql.SQL(kind)), (column,)).fetchall()

    assert [value for (value,) in rows] == expected
