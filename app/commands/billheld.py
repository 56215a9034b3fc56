"""`citypark bill held`: stays in doubt, and a person's decision about one."""

import argparse
import getpass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.language import say
from billing.decisions import Verb
from billing.desk import DecisionRefusedError, NoStayError, Wish, decide, plates_in
from billing.reading import ListedStay, StayFilter, list_stays
from billing.stays import StayState
from parking.errors import SetupError
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import Connection, connect, transaction
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

_VERBS = tuple(verb.value for verb in Verb if verb is not Verb.LAPSE)


def add_held(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `held` with its verbs `list` and `decide`."""
    parser = verbs.add_parser(
        "held", help=say("存疑停车：列出、人工核定", "stays in doubt: list them, decide about one")
    )
    parts = parser.add_subparsers(dest="part", required=True, metavar=say("动作", "VERB"))
    listing = parts.add_parser("list", help=say("列出存疑停车", "list stays in doubt"))
    listing.add_argument("--limit", type=int, default=100, metavar="N")
    decision = parts.add_parser(
        "decide",
        help=say("核定一次停车", "decide about one stay"),
        description=say(
            "release 按现状计费；void 不计费；split 在 --at 时刻分为两次停车。决定连同理由永久留存。",
            "release: charge it as it stands; void: charge nothing; split: two stays, cut at --at. "
            "The decision and its reason stay on record.",
        ),
    )
    decision.add_argument("stay_id", metavar="STAY")
    decision.add_argument("decision", choices=_VERBS)
    decision.add_argument("--reason", required=True, metavar="WHY", help=say("理由", "why"))
    decision.add_argument(
        "--at", metavar="T", help=say("split：换车时刻", "split: when the vehicles changed")
    )
    decision.add_argument(
        "--plate", metavar="PLATE", help=say("release：以哪个车牌计费", "release: which plate is charged")
    )


def run_held(args: argparse.Namespace) -> int:
    """Do what the verb says; raises SetupError for what makes no sense."""
    settings = load_settings()
    zone = load_city(settings.city).timezone
    with connect(settings.database_url, "bill-held") as connection, transaction(connection):
        if args.part == "list":
            _list(connection, args.limit, zone)
        else:
            _decide(connection, args, zone)
    return 0


def _list(connection: Connection, limit: int, zone: ZoneInfo) -> None:
    rows = list_stays(connection, StayFilter(state=StayState.HELD.value), limit)
    for row in rows:
        print(_line(connection, row, zone))
    print(say(f"共 {len(rows)} 次停车待核定", f"{len(rows)} stays wait for a decision"))


def _line(connection: Connection, row: ListedStay, zone: ZoneInfo) -> str:
    stay = row.stay
    until = stay.departed_earliest_at
    times = f"{stay.arrived.latest_at.astimezone(zone):%m-%d %H:%M}–"
    times += f"{until.astimezone(zone):%m-%d %H:%M}" if until else ""
    plates = " ".join(f"{plate}×{times_read}" for plate, times_read in plates_in(connection, stay).items())
    return f"{stay.stay_id}  {times}  {' '.join(sorted(stay.notes))}  {plates or say('无车牌', 'no plate')}"


def _decide(connection: Connection, args: argparse.Namespace, zone: ZoneInfo) -> None:
    wish = Wish(verb=Verb(args.decision), reason=args.reason, at=_instant(args.at, zone), plate=args.plate)
    try:
        decide(connection, args.stay_id, wish, getpass.getuser(), SystemClock().now())
    except (NoStayError, DecisionRefusedError) as error:
        raise SetupError(say(f"不能这样核定：{error}", f"not decided: {error}")) from error
    print(say(f"{args.stay_id}：已核定 {args.decision}", f"{args.stay_id}: decided, {args.decision}"))


def _instant(text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise SetupError(
            say(f"--at 应为 2026-11-23T10:40 这样的时间，而不是 {text!r}", f"--at: not a time: {text!r}")
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=zone)
