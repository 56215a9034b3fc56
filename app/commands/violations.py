"""`citypark violations report`: what became of violations and cases, by rule and place."""

import argparse
from contextlib import closing
from datetime import date, timedelta

from app.enforcing import case_desk
from app.language import say
from enforcement.api.reports import FiguresBody, Reports
from enforcement.store.lending import OneConnection
from parking.clock import day_span
from parking.errors import SetupError
from parking.plumbing.cityfiles import load_city
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "violations"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `violations` with its verb `report`."""
    text = say("违停与案件统计", "figures of violations and cases")
    verbs = subparsers.add_parser(NAME, help=text, description=text).add_subparsers(
        dest="verb", required=True, metavar=say("动作", "VERB")
    )
    make = verbs.add_parser(
        "report",
        help=say("按规则和路段统计结案、期限和撤回", "closure, terms and withdrawals by rule and place"),
    )
    make.add_argument(
        "--from", dest="first", metavar="DAY", help=say("首日，默认三十天前", "30 days ago by default")
    )
    make.add_argument("--to", dest="last", metavar="DAY", help=say("末日，默认今天", "today by default"))
    make.add_argument("--json", action="store_true", help=say("输出 JSON", "print JSON"))
    make.set_defaults(run=run_report)


def run_report(args: argparse.Namespace) -> int:
    """Print the report of a period of local days."""
    settings, clock = load_settings(), SystemClock()
    city = load_city(settings.city)
    today = clock.now().astimezone(city.timezone).date()
    last = _day(args.last) if args.last else today
    first = _day(args.first) if args.first else last - timedelta(days=30)
    if first > last:
        raise SetupError(say(f"--from {first} 晚于 --to {last}", f"--from {first} is after --to {last}"))
    loans = OneConnection(settings.database_url, NAME)
    with closing(loans):
        reports = Reports(loans, case_desk(settings, city, loans, clock).calendar, clock)
        made = reports.make(day_span(first, city.timezone).start_at, day_span(last, city.timezone).end_at)
    if args.json:
        print(made.model_dump_json())
        return 0
    print(say(f"{first} 至 {last}", f"{first} to {last}"))
    for name, figures in {say("合计", "total"): made.total, **made.by_rule, **made.by_section}.items():
        print(_line(name, figures))
    return 0


def _line(name: str, figures: FiguresBody) -> str:
    withdrawn = ", ".join(f"{reason} {count}" for reason, count in sorted(figures.withdrawn.items())) or "0"
    closed, kept = _share(figures.closure_rate), _share(figures.deadlines_kept)
    return say(
        f"{name}：线索 {figures.leads}，可处置 {figures.actionable}，撤回 {withdrawn}；"
        f"案件 {figures.cases}，结案率 {closed}，期限遵守率 {kept}",
        f"{name}: leads {figures.leads}, actionable {figures.actionable}, withdrawn {withdrawn};"
        f" cases {figures.cases}, ended {closed}, terms kept {kept}",
    )


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SetupError(
            say(f"{text!r} 不是日期，应如 2026-03-01", f"{text!r} is no day such as 2026-03-01")
        ) from error
