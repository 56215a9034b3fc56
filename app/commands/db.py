"""`citypark db migrate|status|retain`: the tables of the database named in the settings."""

import argparse

from app.language import say
from app.retaining import STREAMS, Gone, drop_old, parse_periods
from app.schema import apply_migrations, list_migrations
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
    text = say("删除过期的记录并说明删了什么", "delete what is older than its period, and say what went")
    periods = ", ".join(f"{name}={stream.days}" for name, stream in STREAMS.items())
    retain = verbs.add_parser(
        "retain",
        help=text,
        description=say(
            f"{text}。默认天数：{periods}；也可用 CITYPARK_RETAIN 设定",
            f"{text}. Days unless said otherwise: {periods}; CITYPARK_RETAIN sets them too",
        ),
    )
    retain.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="NAME=DAYS",
        help=say("某类保留的天数", "of one stream"),
    )
    retain.set_defaults(run=run_retain)
    verbs.add_parser("status", help=say("列出已应用的迁移", "list what is applied")).set_defaults(
        run=run_status
    )


def run_retain(args: argparse.Namespace) -> int:
    """Delete what is older than its period, and say what went and what was held back."""
    settings = load_settings()
    days = parse_periods(",".join((settings.retain, *args.keep)))
    with connect(settings.database_url, "retain") as connection, transaction(connection):
        for gone in drop_old(connection, days, SystemClock().now()):
            _tell_gone(gone)
    return 0


def _tell_gone(gone: Gone) -> None:
    before = gone.before.isoformat(timespec="seconds")
    for name, rows in gone.parts.items():
        count = say("若干", "an uncounted number of") if rows < 0 else rows
        print(
            say(
                f"已删除 {name}：{count} 行（早于 {before}）",
                f"deleted {name}: {count} rows, before {before}",
            )
        )
    if gone.is_held_back:
        print(
            say(
                f"{gone.stream}：{before} 起的仍为账单或案件所需，予以保留",
                f"{gone.stream}: kept from {before} on, a bill or case still needs them",
            )
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
    return int(any(migration.applied_at is None for migration in migrations))
