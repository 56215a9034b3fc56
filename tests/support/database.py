"""Fixtures for tests that need PostgreSQL: one embedded cluster a run, one fresh migrated database a test."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

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


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """Run a cluster for the whole run, with a template database that has every migration."""
    cluster = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), OPTIONS)
    server = cluster.start()
    try:
        _create(cluster, TEMPLATE, "template1")
        connection = connect(cluster.url_of(TEMPLATE), "tests")
        with connection:
            migrate(connection, find_migrations(ROOT, PACKAGES))
        yield cluster
    finally:
        stop_postgres(server)


@pytest.fixture(scope="session")
def new_database(postgres: EmbeddedPostgres) -> Callable[[], str]:
    """Make one more fresh migrated database and return its address: for tests that compare two."""

    def make() -> str:
        name = f"test_{next(_numbers)}"
        _create(postgres, name, TEMPLATE)
        return postgres.url_of(name)

    return make


@pytest.fixture
def database_url(new_database: Callable[[], str], postgres: EmbeddedPostgres) -> Iterator[str]:
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


def _create(cluster: EmbeddedPostgres, name: str, template: str) -> None:
    with psycopg.connect(cluster.url_of("postgres"), autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
