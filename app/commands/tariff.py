"""`citypark tariff`: check, price, explain and compare tariff files."""

import argparse
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from app.commands.tariffcheck import run_check
from app.commands.tariffearlier import load_earlier
from app.commands.tariffshadow import add_shadow
from app.language import say
from billing.tariff import (
    Bill,
    PricedStay,
    Tariff,
    TariffBook,
    UnpricedError,
    bill_to_json,
    load_calendar,
    load_tariff,
    load_tariff_book,
    price,
)
from billing.tariff.diff import diff_prices, diff_words
from billing.tariff.explain import explain
from billing.tariff.explainrate import kind_words
from billing.tariff.terms import Kind
from parking.errors import SetupError
from parking.money import Fen, format_yuan
from parking.rights import Energy, VehicleClass

NAME = "tariff"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `tariff` with its verbs."""
    parser = subparsers.add_parser(
        NAME, help=say("核对、计算、解释收费标准", "check, price and explain tariffs")
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar=say("动作", "VERB"))
    check = verbs.add_parser(
        "check",
        help=say(
            "证明每天时段无缺口无重叠，价格不随时间下降，列出各级价格和封顶",
            "prove that days are covered and prices never fall; print steps and caps",
        ),
    )
    check.add_argument("file", type=Path, metavar="FILE")
    check.set_defaults(act=run_check)
    _add_price(verbs)
    words = verbs.add_parser(
        "explain", help=say("用中英文说明收费标准", "the tariff in words, both languages")
    )
    words.add_argument("file", type=Path, metavar="FILE")
    words.set_defaults(act=_explain)
    diff = verbs.add_parser("diff", help=say("比较两个收费标准", "compare two tariffs"))
    diff.add_argument("old", type=Path, metavar="A")
    diff.add_argument("new", type=Path, metavar="B")
    diff.set_defaults(act=_diff)
    add_shadow(verbs)
    parser.set_defaults(run=run)


def _add_price(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = verbs.add_parser("price", help=say("计算一次停车的费用", "price one stay"))
    add = parser.add_argument
    add(
        "file",
        type=Path,
        metavar="FILE",
        help=say("收费标准文件或目录", "a tariff, or a directory of tariffs"),
    )
    add("--class", dest="zone_class", default="", metavar="I", help=say("区域类别", "zone class"))
    add("--arrive", required=True, metavar="T", help=say("驶入时间，如 2024-05-15T08:00", "arrival"))
    add(
        "--depart",
        required=True,
        metavar="T",
        help=say("驶离时间；无时区即当地时间", "departure; local time"),
    )
    add("--vehicle", default="small", choices=[one.value for one in VehicleClass], help=say("车型", "class"))
    add("--energy", default="fuel", choices=[one.value for one in Energy], help=say("能源", "energy"))
    add("--plate-kind", default="", metavar="KIND", help=say("车牌种类", "kind of plate"))
    add("--channel", default="", metavar="etc", help=say("支付渠道", "payment channel"))
    add("--berth-kind", default="ordinary", metavar="KIND", help=say("泊位种类", "kind of berth"))
    add("--berths", type=int, default=1, metavar="N", help=say("占用泊位数", "berths occupied"))
    add("--zone", default="", help=say("区域编号", "zone id"))
    add("--operator", default="", help=say("经营者", "operator"))
    add("--road", default="", help=say("道路", "road"))
    add("--section", default="", help=say("路段编号", "section id"))
    add("--exempt", default=None, metavar="WHY", help=say("免缴原因", "reason of exemption"))
    add(
        "--pass",
        dest="passes",
        action="append",
        default=[],
        metavar="ID",
        help=say("持有的月票", "a pass held"),
    )
    add("--paid", default=None, metavar="T", help=say("离场前缴费时间", "time of payment before leaving"))
    add(
        "--previous", type=Path, default=None, metavar="FILE", help=say("该车先前停车的账单", "earlier stays")
    )
    add("--calendar", type=Path, default=None, metavar="FILE", help=say("节假日日历", "holiday calendar"))
    add("--json", action="store_true", help=say("输出 JSON", "print JSON"))
    parser.set_defaults(act=_price)


def run(args: argparse.Namespace) -> int:
    """Do what the verb says; raises SetupError for a file or value that is not as it must be."""
    return int(args.act(args))


def _price(args: argparse.Namespace) -> int:
    calendar = load_calendar(args.calendar) if args.calendar else None
    tariff: Tariff | TariffBook
    if args.file.is_dir():
        tariff = load_tariff_book(args.file, calendar)
        zone = tariff.tariffs[0].zone
    else:
        tariff = load_tariff(args.file, calendar)
        zone = tariff.zone
    try:
        bill = price(tariff, _stay(args, zone))
    except (ValueError, UnpricedError) as error:
        raise SetupError(
            f"{args.file}: {say('无法计价', 'no price')}: {error}; {_classes(tariff)}"
        ) from error
    if args.json:
        print(json.dumps(bill_to_json(bill), ensure_ascii=False, indent=2))
    else:
        print("\n".join(_bill_lines(bill)))
    return 0


def _stay(args: argparse.Namespace, zone: ZoneInfo) -> PricedStay:
    return PricedStay(
        arrive_at=_moment("--arrive", args.arrive, zone),
        depart_at=_moment("--depart", args.depart, zone),
        zone_class=args.zone_class,
        vehicle=VehicleClass(args.vehicle),
        energy=Energy(args.energy),
        plate_kind=args.plate_kind,
        channel=args.channel,
        berth_kind=args.berth_kind,
        berths_occupied=args.berths,
        zone=args.zone,
        operator=args.operator,
        road=args.road,
        section=args.section,
        exemption=args.exempt,
        passes=tuple(args.passes),
        paid_at=_moment("--paid", args.paid, zone) if args.paid else None,
        earlier=load_earlier(args.previous, zone) if args.previous else (),
    )


def _moment(flag: str, text: str, zone: ZoneInfo) -> datetime:
    """An instant; without an offset it is a time on the city's clocks."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise SetupError(
            say(
                f"{flag} 应为 2024-05-15T08:00 这样的时间，而不是 {text!r}",
                f"{flag}: expected a time like 2024-05-15T08:00, not {text!r}",
            )
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _classes(tariff: Tariff | TariffBook) -> str:
    tariffs = tariff.tariffs if isinstance(tariff, TariffBook) else (tariff,)
    names = sorted({name for one in tariffs for rate in one.terms.rates for name in rate.when.zone_class})
    return say(f"区域类别：{'、'.join(names) or '无'}", f"zone classes: {', '.join(names) or 'none'}")


def _bill_lines(bill: Bill) -> Iterator[str]:
    yield say(
        f"收费标准 {bill.tariff}，文号 {bill.document or '无'}", f"tariff {bill.tariff}, {bill.document}"
    )
    for line in bill.lines:
        yield f"  {format_yuan(line.amount_fen):>8}  {say(line.zh, line.en)}"
    yield f"  {format_yuan(bill.total_fen):>8}  {say('合计', 'total')}"
    yield from (say(f"注：{note.zh}", f"note: {note.en}") for note in bill.notes)


def _explain(args: argparse.Namespace) -> int:
    lines = explain(load_tariff(args.file).terms)
    zh, en = "\n".join(line.zh for line in lines), "\n".join(line.en for line in lines)
    print(say(f"{zh}\n\n{en}", f"{en}\n\n{zh}"))
    return 0


def _diff(args: argparse.Namespace) -> int:
    old, new = load_tariff(args.old), load_tariff(args.new)
    for line in diff_words(old, new):
        print(say(line.zh, line.en))
    print(say("2024-05-15 08:00 驶入（分钟：旧 → 新）：", "arriving 2024-05-15 08:00 (min: old → new):"))
    rows: dict[Kind, list[str]] = {}
    for change in diff_prices(old, new, datetime(2024, 5, 15, 8, tzinfo=new.zone)):
        row = f"{change.minutes}: {_yuan(change.old_fen)} → {_yuan(change.new_fen)}"
        rows.setdefault(change.kind, []).append(row)
    for kind, texts in rows.items():
        words = kind_words(kind)
        print(f"  {say(words.zh, words.en)}  {'  '.join(texts)}")
    if not rows:
        print(say("  价格相同", "  no price differs"))
    return 0


def _yuan(fen: Fen | None) -> str:
    return "—" if fen is None else format_yuan(fen)
