"""`citypark tariff shadow`: what the stays of a period would have cost under another tariff."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from app.language import say
from billing.rating import sites_of
from billing.shadow import Shadow, shadow, timeless
from billing.tariff import TariffBook, load_calendar, load_tariff, load_tariff_book
from parking.city import City
from parking.clock import day_span
from parking.errors import SetupError
from parking.money import Fen, format_yuan
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import connect, consistent_read
from parking.plumbing.settings import load_settings
from parking.span import Span


def add_shadow(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb; its defaults set `act`."""
    text = say(
        "按另一收费标准重算一段时期的全部停车，按区域和路段汇总",
        "rate all stays of a period by another tariff, by zone class and section",
    )
    parser = verbs.add_parser("shadow", help=text, description=text)
    parser.add_argument(
        "file", type=Path, metavar="FILE", help=say("收费标准文件或目录", "a tariff, or a directory")
    )
    parser.add_argument("--from", dest="first", required=True, metavar="D", help=say("首日", "first day"))
    parser.add_argument(
        "--to", dest="last", required=True, metavar="D", help=say("末日（含）", "last day, included")
    )
    parser.add_argument("--json", action="store_true", help=say("输出 JSON", "print JSON"))
    parser.set_defaults(act=run_shadow)


def run_shadow(args: argparse.Namespace) -> int:
    """Rate and print; nothing is booked."""
    settings = load_settings()
    city = load_city(settings.city)
    book, period = _book(args.file, settings.city), _period(args.first, args.last, city)
    with connect(settings.database_url, "tariff-shadow") as connection, consistent_read(connection):
        result = shadow(connection, book, sites_of(city), period, show_progress)
    if args.json:
        print(json.dumps(_body(result), ensure_ascii=False))
    else:
        for line in _report(result):
            print(line)
    return 0


def show_progress(done: int, of_all: int) -> None:
    """Show how far the work is, where somebody watches."""
    if sys.stderr.isatty() and of_all:
        width = 30 * min(done, of_all) // of_all
        bar = "█" * width + "·" * (30 - width)
        end = "\r" if done < of_all else "\r\033[K"
        print(f"{bar} {done}/{of_all}", end=end, file=sys.stderr, flush=True)


def _book(path: Path, city: Path) -> TariffBook:
    """Read the tariff as if it had been in force for ever, or a directory with its own dates."""
    calendar = load_calendar(city / "holidays.toml")
    if path.is_dir():
        return load_tariff_book(path, calendar)
    return timeless(load_tariff(path, calendar))


def _period(first: str, last: str, city: City) -> Span:
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as error:
        raise SetupError(
            say(f"日期应如 2026-11-23：{error}", f"a day looks like 2026-11-23: {error}")
        ) from error
    if end < start:
        raise SetupError(say("--to 早于 --from", "--to is before --from"))
    return Span(start_at=day_span(start, city.timezone).start_at, end_at=day_span(end, city.timezone).end_at)


def _report(result: Shadow) -> Iterator[str]:
    yield say(
        f"停车 {result.stay_count} 次，无对应价格 {result.unpriced} 次",
        f"{result.stay_count} stays, {result.unpriced} without a price",
    )
    yield say("区域/路段\t实收应收\t另一标准\t差额", "where\tbooked\tshadow\tdifference")
    for zone_class in sorted(result.booked_by_zone):
        yield _row(zone_class, result.booked_by_zone[zone_class], result.shadow_by_zone[zone_class])
    for section in sorted(result.booked_by_section):
        yield _row(section, result.booked_by_section[section], result.shadow_by_section[section])
    yield _row(say("合计", "total"), sum(result.booked_by_zone.values()), sum(result.shadow_by_zone.values()))


def _row(name: str, booked: int, other: int) -> str:
    return "\t".join((
        name, format_yuan(Fen(booked)), format_yuan(Fen(other)), format_yuan(Fen(other - booked))
    ))  # fmt: skip


def _body(result: Shadow) -> dict[str, object]:
    return {
        "stay_count": result.stay_count,
        "unpriced": result.unpriced,
        "zones": _sums(result.booked_by_zone, result.shadow_by_zone),
        "sections": _sums(result.booked_by_section, result.shadow_by_section),
    }


def _sums(booked: dict[str, int], other: dict[str, int]) -> dict[str, dict[str, int]]:
    return {name: {"booked_fen": booked[name], "shadow_fen": other[name]} for name in sorted(booked)}
