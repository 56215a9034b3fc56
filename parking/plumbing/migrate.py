"""Numbered SQL files, applied once each and in order; an edited file is refused.

Files are `<package>/sql/NNNN_words.sql`, for any server. A second suffix restricts a file to one kind:
`.plain.sql` where there is no TimescaleDB, `.timescale.sql` where there is, `.community.sql` where it is the
Community edition, which alone has compression and policies. A database keeps the kind it began with.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import LiteralString

import psycopg

from parking.errors import SetupError
from parking.plumbing.database import Connection, transaction

_NAME = re.compile(r"\d{4}_[a-z0-9_]+(?:\.(plain|timescale|community))?\.sql")
# Any fixed number: the lock that keeps two migrating processes apart.
_LOCK_KEY = 4_116_207_001

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS migrations (
    name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)"""
LOCK = "SELECT pg_advisory_xact_lock(%s)"
LIST_APPLIED = "SELECT name, sha256, applied_at FROM migrations"
RECORD = "INSERT INTO migrations (name, sha256) VALUES (%s, %s)"
PRELOADED = "SELECT current_setting('shared_preload_libraries')"
LICENCE = "SELECT current_setting('timescaledb.license', true)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file. `kind` is the suffix that restricts it, or empty; `applied_at` is None until it has run."""

    name: str
    path: Path
    sha256: str
    kind: str
    applied_at: datetime | None = None


def find_migrations(root: Path, packages: Sequence[str]) -> list[Migration]:
    """List the files of the packages, in package order, then by number."""
    found = []
    for package in packages:
        for path in sorted((root / package / "sql").glob("*.sql")):
            match = _NAME.fullmatch(path.name)
            if match is None:
                raise SetupError(f"{path}: a migration is named NNNN_words[.plain|.timescale|.community].sql")
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found.append(
                Migration(
                    name=f"{package}/{path.name}",
                    path=path,
                    sha256=digest,
                    kind=match[1] or "",
                )
            )
    return found


def migration_status(connection: Connection, migrations: Sequence[Migration]) -> list[Migration]:
    """Return the same list with `applied_at` filled; raises SetupError where an applied file was edited."""
    connection.execute(CREATE_TABLE)
    applied = {name: (digest, at) for name, digest, at in connection.execute(LIST_APPLIED)}
    known = []
    for migration in migrations:
        digest, at = applied.get(migration.name, (migration.sha256, None))
        if digest != migration.sha256:
            raise SetupError(f"{migration.path} was edited after it was applied: add a new file instead")
        known.append(
            Migration(
                name=migration.name,
                path=migration.path,
                sha256=digest,
                kind=migration.kind,
                applied_at=at,
            )
        )
    return known


def migrate(connection: Connection, migrations: Sequence[Migration]) -> list[str]:
    """Apply what is missing, all in one transaction, and return the names applied."""
    done = []
    with transaction(connection):
        connection.execute(LOCK, (_LOCK_KEY,))
        for migration in wanted(connection, migration_status(connection, migrations)):
            if migration.applied_at is not None:
                continue
            try:
                # A file may hold many statements, which only the simple protocol takes.
                connection.execute(migration.path.read_bytes())
            except psycopg.Error as error:
                raise SetupError(f"{migration.path}: {error}") from error
            connection.execute(RECORD, (migration.name, migration.sha256))
            done.append(migration.name)
    return done


def wanted(connection: Connection, migrations: Sequence[Migration]) -> list[Migration]:
    """Return the migrations that belong on this server."""
    kinds = {"", "plain"}
    began_plain = any(each.kind == "plain" and each.applied_at is not None for each in migrations)
    if not began_plain and "timescaledb" in _setting(connection, PRELOADED):
        kinds = {"", "timescale"} | ({"community"} if _setting(connection, LICENCE) == "timescale" else set())
    return [each for each in migrations if each.kind in kinds]


def _setting(connection: Connection, query: LiteralString) -> str:
    row = connection.execute(query).fetchone()
    return str(row[0] or "") if row else ""
