"""`citypark db migrate|status`: the tables of the database named in the settings."""

import argparse

from app.language import say
from app.schema import apply_migrations, list_migrations
from parking.plumbing.database import connect
from parking.plumbing.settings import load_settings

NAME = "db"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    text = say("数据库表结构", "tables of the database")
    parser = subparsers.add_parser(NAME, help=text, description=text)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("migrate", help=say("更新到最新", "bring up to date")).set_defaults(run=run_migrate)
    verbs.add_parser("status", help=say("列出已应用的迁移", "list what is applied")).set_defaults(
        run=run_status
    )


def run_migrate(_args: argparse.Namespace) -> int:
    """Apply what is missing and name it."""
    with connect(load_settings().database_url, "migrate") as connection:
        applied = apply_migrations(connection)
    for name in applied:
        print(say(f"已应用 {name}", f"applied {name}"))
    if not applied:
        print(say("已是最新", "up to date"))
    return 0


def run_status(_args: argparse.Namespace) -> int:
    """List the migrations; exit code 1 when some are missing."""
    with connect(load_settings().database_url, "migrate") as connection:
        migrations = list_migrations(connection)
    for migration in migrations:
        state = (
            migration.applied_at.isoformat(timespec="seconds")
            if migration.applied_at
            else say("缺", "missing")
        )
        print(f"{state:<26} {migration.name}")
    return int(
        any(migration.applied_at is None and not migration.needs_timescale for migration in migrations)
    )
