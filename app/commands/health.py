"""`citypark health`: how good the devices are, and what the maintenance crew should see to first."""

import argparse
import csv
import sys
from datetime import datetime

from app.language import say
from occupancy.api import list_jobs
from occupancy.healthstore import list_health, list_unheard
from occupancy.worklist import Job
from parking.city import City
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import connect
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "health"

COLUMNS = (
    "rank",
    "device",
    "berth",
    "section",
    "certainty",
    "value_fen",
    "fen_per_day",
    "berth_hours_per_day",
    "reasons",
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `health` with its verbs."""
    text = say(
        "设备健康：准确率、缺报、电池和维修清单", "devices: accuracy, missed reports, batteries, work list"
    )
    parser = subparsers.add_parser(NAME, help=text, description=text)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar=say("动作", "VERB"))
    listing = verbs.add_parser("list", help=say("列出设备健康", "list the health of devices"))
    listing.add_argument(
        "--quarantined", action="store_true", help=say("只列隔离中的设备", "only devices in quarantine")
    )
    worklist = verbs.add_parser("worklist", help=say("按价值排序的维修清单", "jobs, the most valuable first"))
    worklist.add_argument("--csv", action="store_true", help=say("输出 CSV", "print CSV"))
    worklist.add_argument(
        "--limit", type=int, default=50, help=say("最多几项，默认 50", "how many, default 50")
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    settings = load_settings()
    city, now = load_city(settings.city), SystemClock().now()
    with connect(settings.database_url, NAME) as connection:
        if args.verb == "list":
            unheard = [] if args.quarantined else list_unheard(connection, now)
            for health in sorted([*list_health(connection), *unheard], key=lambda each: each.device_id):
                if health.quarantined_since is not None or not args.quarantined:
                    silent = "-" if health.heard_until else say("从未发声", "never heard")
                    reason = health.quarantine_reason or silent
                    print(
                        f"{health.device_id:<20} {health.accuracy:.3f} "
                        f"[{health.accuracy_low:.3f}, {health.accuracy_high:.3f}] {reason}"
                    )
            return 0
        jobs = list_jobs(connection, city, now)[: args.limit]
    _print_jobs(jobs, city, now, as_csv=args.csv)
    return 0


def _print_jobs(jobs: list[Job], city: City, now: datetime, *, as_csv: bool) -> None:
    rows = [_row(rank, job, city) for rank, job in enumerate(jobs, start=1)]
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
        return
    for rank, device, berth, section, certainty, value, _fen, _hours, reasons in rows:
        print(f"{rank:>4}  {device:<20} {berth:<12} {section:<6} {certainty:>6} {value:>7}  {reasons}")
    count = len(rows)
    print(say(f"{count} 项，截至 {now:%Y-%m-%d %H:%M}Z", f"{count} jobs as of {now:%Y-%m-%d %H:%M}Z"))


def _row(rank: int, job: Job, city: City) -> tuple[str, ...]:
    berth_id = job.health.berth_id
    section = city.berths[berth_id].section_id if berth_id in city.berths else ""
    return (
        str(rank),
        job.health.device_id,
        berth_id or "",
        section,
        f"{job.certainty:.2f}",
        str(round(job.value_fen)),
        str(round(job.stake.fen_per_day)),
        f"{job.stake.berth_hours_per_day:.1f}",
        "; ".join(say(sign.zh, sign.en) for sign in job.signs),
    )
