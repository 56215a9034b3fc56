"""The database's tables: which packages bring migrations, and in what order they apply."""

from pathlib import Path

from parking.plumbing.database import Connection
from parking.plumbing.migrate import Migration, find_migrations, migrate, migration_status, wanted

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("ingest", "occupancy", "billing", "enforcement", "guidance")


def apply_migrations(connection: Connection) -> list[str]:
    """Bring the database up to date; returns the names of what was applied."""
    return migrate(connection, find_migrations(ROOT, PACKAGES))


def list_migrations(connection: Connection) -> list[Migration]:
    """List the migrations that belong on this server, with the instant at which each was applied."""
    return wanted(connection, migration_status(connection, find_migrations(ROOT, PACKAGES)))
