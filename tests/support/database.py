"""Fixtures for tests that need PostgreSQL: one cluster a run, one fresh migrated database a test.

The cluster is the embedded one, or the server that CITYPARK_TEST_DATABASE_URL names.
"""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from app.embedded import EmbeddedPostgres, stop_postgres
from parking.plumbing.database import Connection, connect
from parking.plumbing.migrate import find_migrations, migrate

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ingest", "occupancy", "billing", "enforcement", "guidance")
TEMPLATE = "migrated"
# Tests may lose their database in a power cut; they may not wait for the disk.
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
}

_numbers = count(1)


class Cluster(Protocol):
    """A PostgreSQL server on which tests may make databases."""

    def url_of(self, database: str) -> str:
        """Address of one of its databases."""
        ...


class NamedServer:
    """A server that somebody else runs, known by the address of any of its databases."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)

    def url_of(self, database: str) -> str:
        """Address of one of its databases."""
        return urlunsplit(self._parts._replace(path=f"/{database}"))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Run a cluster for the whole run, with a template database that has every migration."""
    if url := os.environ.get("CITYPARK_TEST_DATABASE_URL"):
        _make_template(NamedServer(url))
        yield NamedServer(url)
        return
    cluster = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), OPTIONS)
    server = cluster.start()
    try:
        _make_template(cluster)
        yield cluster
    finally:
        stop_postgres(server)


def _make_template(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url_of("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(TEMPLATE)))
    _create(cluster, TEMPLATE, "template0")
    with connect(cluster.url_of(TEMPLATE), "tests") as connection:
        migrate(connection, find_migrations(ROOT, PACKAGES))
    with psycopg.connect(cluster.url_of("postgres"), autocommit=True) as admin:
        # A template must have no visitors, and TimescaleDB's workers visit every database that lets them in.
        template = sql.Identifier(TEMPLATE)
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(template))
        leave = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        admin.execute(leave, (TEMPLATE,))


def is_timescale(connection: Connection) -> bool:
    """Whether this test runs on TimescaleDB."""
    row = connection.execute(
        "SELECT to_regclass('timescaledb_information.hypertables') IS NOT NULL"
    ).fetchone()
    return bool(row and row[0])


@pytest.fixture(scope="session")
def new_database(postgres: Cluster) -> Callable[[], str]:
    """Make one more fresh migrated database and return its address: for tests that compare two."""

    def make() -> str:
        name = f"test_{next(_numbers)}"
        _create(postgres, name, TEMPLATE)
        return postgres.url_of(name)

    return make


@pytest.fixture
def database_url(new_database: Callable[[], str], postgres: Cluster) -> Iterator[str]:
    """Address of a fresh migrated database of this test's own."""
    url = new_database()
    yield url
    name = url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """Open a connection, in autocommit mode, to this test's database."""
    with connect(database_url, "tests") as opened:
        yield opened


def _create(cluster: Cluster, name: str, template: str) -> None:
    with psycopg.connect(cluster.url_of("postgres"), autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
