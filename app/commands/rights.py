"""`citypark rights`: put passes, exemptions and other rights on record."""

import argparse
import getpass
from datetime import timedelta
from pathlib import Path

from app.language import say
from billing.register import list_rights, save_rights, withdraw_right
from billing.rightsfile import COLUMNS, RecordedRight, parse_rights
from parking.city import City
from parking.errors import SetupError
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import Connection, connect, transaction
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "rights"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `rights` with its verbs `import`, `list` and `withdraw`."""
    parser = subparsers.add_parser(
        NAME, help=say("登记月卡、免费车辆等权益", "put passes, exemptions and other rights on record")
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar=say("动作", "VERB"))
    columns = ",".join(COLUMNS)
    take = verbs.add_parser(
        "import",
        help=say(
            "导入 CSV 表；受影响的停车自动重新计费",
            "take in a CSV table; stays that it concerns are rated again",
        ),
        description=say(f"列：{columns}。日期含首尾两日。", f"Columns: {columns}. Both days are included."),
    )
    take.add_argument("file", type=Path, metavar="FILE")
    verbs.add_parser("list", help=say("列出有效权益", "list the rights on record"))
    end = verbs.add_parser("withdraw", help=say("撤销一项权益", "withdraw a right as if it had never been"))
    end.add_argument("right_id", metavar="ID")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    settings = load_settings()
    city = load_city(settings.city)
    with connect(settings.database_url, NAME) as connection, transaction(connection):
        if args.verb == "import":
            _import(connection, args.file, city)
        elif args.verb == "withdraw":
            _withdraw(connection, args.right_id)
        else:
            for each in list_rights(connection):
                print(_line(each, city))
    return 0


def _import(connection: Connection, path: Path, city: City) -> None:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(say(f"{path}：无法按 UTF-8 读取", f"{path}: cannot be read as UTF-8")) from error
    rights = parse_rights(path, text, city)
    changed = save_rights(connection, rights, SystemClock().now(), by=getpass.getuser())
    print(
        say(
            f"{path}：共 {len(rights)} 项，新增或变更 {changed} 项",
            f"{path}: {len(rights)} rights, {changed} new or changed",
        )
    )


def _withdraw(connection: Connection, right_id: str) -> None:
    if not withdraw_right(connection, right_id, SystemClock().now()):
        raise SetupError(
            say(f"没有权益 {right_id!r}，或已撤销", f"no right {right_id!r}, or withdrawn already")
        )
    print(say(f"{right_id}：已撤销", f"{right_id}: withdrawn"))


def _line(recorded: RecordedRight, city: City) -> str:
    right = recorded.right
    first = right.span.start_at.astimezone(city.timezone).date()
    last = (right.span.end_at - timedelta(seconds=1)).astimezone(city.timezone).date()
    where = " ".join(sorted(right.section_ids)) or say("全部路段", "everywhere")
    return (
        f"{right.right_id}  {right.kind.value}  {right.plate}  {first} – {last}  "
        f"{where}  {right.reason}  {recorded.document}"
    )
