"""`citypark bench month`: a simulated month, billed, worked out again from its evidence, and shadowed."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from app.commands.simulate import make_world
from app.commands.tariffshadow import show_progress
from app.embedded import EmbeddedPostgres, stop_postgres
from app.language import say
from app.simulatedmonth import RowWriter
from billing.books import load_book
from billing.rating import sites_of
from billing.service import BillingService
from parking.errors import SetupError
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import Connection, connect
from parking.plumbing.migrate import find_migrations, migrate
from parking.plumbing.systemclock import SystemClock

NAME = "month"

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("ingest", "occupancy", "billing", "enforcement", "guidance")
# What is measured is billing, not the disk of a database that is thrown away.
OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "256MB"}
ROWS_PER_PARTITION = 200
BY_ZONE = """
SELECT s.zone_class, count(*), sum(c.amount_fen)::bigint
FROM stays AS s CROSS JOIN LATERAL (
    SELECT amount_fen FROM charges WHERE stay_id = s.stay_id ORDER BY version DESC LIMIT 1) AS c
GROUP BY s.zone_class ORDER BY s.zone_class"""
COUNTS = """
SELECT (SELECT count(*) FROM stays), (SELECT count(*) FROM charges),
       (SELECT count(*) FROM charges WHERE cause = 'correction'), (SELECT count(*) FROM ledger_entries)"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `month` to the benches."""
    text = say(
        "模拟一个月的停车：计费、逐单复算、按区汇总、影子计费",
        "a simulated month: billed, worked out again, summed by zone, shadowed",
    )
    parser = subparsers.add_parser(NAME, help=text, description=text)
    parser.add_argument("--city", type=Path, default=ROOT / "cities" / "suizhou", metavar="DIR")
    parser.add_argument("--tariff", default="tariffs/2019.toml", metavar="FILE")
    parser.add_argument("--from", dest="first", default="2026-10-01", metavar="D")
    parser.add_argument("--days", type=int, default=31, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--json", action="store_true", help=say("输出 JSON", "print JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure and print; 1 where anything does not agree."""
    if args.days < 1:
        raise SetupError(say("--days 至少为 1", "--days must be at least 1"))
    first = date.fromisoformat(args.first)
    with _database() as url:
        result = _bill(url, args.city, [first + timedelta(days=step) for step in range(args.days)], args.seed)
        last = first + timedelta(days=args.days - 1)
        environment = {**os.environ, "CITYPARK_DATABASE_URL": url, "CITYPARK_CITY": str(args.city)}
        result["audit"] = _measured(["bill", "audit", "--json"], environment)
        period = ["--from", str(first), "--to", str(last)]
        shadow = ["tariff", "shadow", str(args.city / args.tariff), *period, "--json"]
        result["shadow"] = _measured(shadow, environment)
    result["agrees"] = _agrees(result)
    if args.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    return 0 if result["agrees"] else 1


def _bill(url: str, directory: Path, days: list[date], seed: int) -> dict[str, Any]:
    """Write day after day, and let billing read each."""
    city = load_city(directory)
    sites = sites_of(city)
    writer = RowWriter(make_world(directory, city, None, seed))
    began_s, own_s, rows, stays = time.monotonic(), 0.0, 0, 0
    with connect(url, "bench-month") as connection:
        migrate(connection, find_migrations(ROOT, ROOMS))
        service = BillingService(
            url, sites, load_book(directory), SystemClock(), rows_per_partition=ROWS_PER_PARTITION
        )
        for number, on in enumerate(days, start=1):
            stays += writer.write_day(connection, on)
            # The tables grow from nothing: the planner must hear of it, as it would from autovacuum.
            connection.execute("ANALYZE transitions, sightings, stays, charges")
            own_s -= time.process_time()
            while taken := service.turn():
                rows += taken
            own_s += time.process_time()
            show_progress(number, len(days))
        service.close()
        return {
            "simulated_stays": stays,
            "rows": rows,
            "billing_cpu_s": round(own_s, 1),
            "wall_s": round(time.monotonic() - began_s, 1),
            **_report(connection),
        }


def _report(connection: Connection) -> dict[str, Any]:
    counted = connection.execute(COUNTS).fetchone() or (0, 0, 0, 0)
    return {
        **dict(zip(("stays", "charges", "corrections", "entries"), counted, strict=True)),
        "by_zone": {zone: {"stays": stays, "fen": fen} for zone, stays, fen in connection.execute(BY_ZONE)},
    }


def _measured(words: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """Run a command as a user would; its answer, with its time and its highest memory."""
    began_s = time.monotonic()
    with tempfile.TemporaryFile() as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "app.main", *words], cwd=ROOT, env=environment, stdout=out
        )
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        result = json.loads(out.read())
    return {
        "wall_s": round(time.monotonic() - began_s, 1),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "highest_mb": usage.ru_maxrss // 1024,
        "result": {name: value for name, value in result.items() if name != "sections"},
    }


def _agrees(result: dict[str, Any]) -> bool:
    """Whether every charge was worked out again, and lines, charges, ledger and report say the same."""
    audit = result["audit"]["result"]
    report = {zone: each["fen"] for zone, each in result["by_zone"].items() if each["fen"]}
    sums = (audit["lines_fen"], audit["charges_fen"], audit["ledger_fen"])
    return bool(audit["is_clean"]) and all(each == report for each in sums)


@contextmanager
def _database() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="citypark-month-") as directory:
        postgres = EmbeddedPostgres(Path(directory) / "postgres", OPTIONS)
        server = postgres.start()
        try:
            yield postgres.url
        finally:
            stop_postgres(server)
