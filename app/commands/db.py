"""`citypark db migrate|status|retain`: the tables of the database named in the settings."""

import argparse
from datetime import timedelta

from app.language import say
from app.schema import apply_migrations, list_migrations
from ingest.store import drop_before
from parking.errors import SetupError
from parking.plumbing.database import connect, transaction
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

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


def run_retain(args: argparse.Namespace) -> int:
    """Delete what is older than the given number of days, and say what went."""
    if args.keep_days < 1:
        raise SetupError("--keep-days must be at least 1")
    oldest = (SystemClock().now() - timedelta(days=args.keep_days)).date()
    with connect(load_settings().database_url, "retain") as connection, transaction(connection):
        gone = drop_before(connection, oldest)
    for name, rows in gone.items():
        count = say("若干", "an uncounted number of") if rows < 0 else rows
        print(
            say(f"已删除 {name}:{count} 行(早于 {oldest})", f"deleted {name}: {count} rows, before {oldest}")
        )
    return 0


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
    return int(any(migration.applied_at is None for migration in migrations))
