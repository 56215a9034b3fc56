"""`citypark bill`: a bill's evidence in a file and worked out again; stays in doubt decided."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from app.commands.billheld import add_held, run_held
from app.commands.tariffshadow import show_progress
from app.language import say
from billing.archive import gather
from billing.audit import Findings, audit
from billing.books import restore_book
from billing.dossier import Dossier, DossierError, find_difference, format_dossier, parse_dossier
from billing.rating import sites_of
from parking.errors import SetupError
from parking.money import Fen, format_yuan
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import connect, consistent_read
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "bill"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `bill` with its verbs."""
    parser = subparsers.add_parser(
        NAME, help=say("导出或复算一张账单", "export a bill's evidence, or verify it")
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar=say("动作", "VERB"))
    export = verbs.add_parser(
        "export",
        help=say(
            "把一次停车的全部依据写入一个文件", "write all that the bill of a stay rests on into a file"
        ),
    )
    export.add_argument("stay_id", metavar="STAY")
    export.add_argument(
        "--out", type=Path, help=say("文件（默认 停车编号.json）", "file (default: STAY.json)")
    )
    verify = verbs.add_parser(
        "verify",
        help=say("不用数据库，按文件中的依据复算到分", "work the bill out again, offline, to the fen"),
    )
    verify.add_argument("file", type=Path, metavar="FILE")
    check = verbs.add_parser(
        "audit",
        help=say(
            "由泊位状态重算全部停车和账单，并核对账本",
            "work every stay and charge out again, and check the ledger",
        ),
    )
    check.add_argument("--json", action="store_true", help=say("输出 JSON", "print JSON"))
    add_held(verbs)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what the verb says; 1 where the evidence does not lead to what was booked."""
    if args.verb == "held":
        return run_held(args)
    if args.verb == "export":
        return _export(args.stay_id, args.out)
    return _verify(args.file) if args.verb == "verify" else _audit(as_json=args.json)


def _export(stay_id: str, out: Path | None) -> int:
    settings = load_settings()
    sites = sites_of(load_city(settings.city))
    with connect(settings.database_url, NAME) as connection, consistent_read(connection):
        dossier = gather(connection, stay_id, sites, SystemClock().now())
    if dossier is None:
        raise SetupError(say(f"没有停车记录 {stay_id!r}", f"there is no stay {stay_id!r}"))
    path = out or Path(f"{stay_id}.json")
    try:
        path.write_bytes(format_dossier(dossier))
    except OSError as error:
        raise SetupError(say(f"{path}：无法写入", f"{path}: cannot be written")) from error
    print(f"{path}  {_amount(dossier)}")
    return 0


def _verify(path: Path) -> int:
    try:
        dossier = parse_dossier(path.read_bytes())
    except OSError as error:
        raise SetupError(say(f"{path}：无法读取", f"{path}: cannot be read")) from error
    except DossierError as error:
        print(say(f"{path}：不是原样导出的文件：{error}", f"{path}: not as it was exported: {error}"))
        return 1
    difference = find_difference(dossier, restore_book(dossier.tariffs).book if dossier.tariffs else None)
    if difference is not None:
        print(say(f"{path}：第一处不同：{difference}", f"{path}: first difference: {difference}"))
        return 1
    print(say(f"{path}：复算一致，{_amount(dossier)}", f"{path}: worked out again, {_amount(dossier)}"))
    return 0


def _audit(*, as_json: bool) -> int:
    settings = load_settings()
    sites = sites_of(load_city(settings.city))
    with connect(settings.database_url, "bill-audit") as connection, consistent_read(connection):
        findings = audit(connection, sites, show_progress)
    if as_json:
        print(json.dumps(_body(findings), ensure_ascii=False))
    else:
        for line in _findings(findings):
            print(line)
    return 0 if findings.is_clean else 1


def _findings(findings: Findings) -> Iterator[str]:
    yield say(
        f"停车 {findings.stay_count} 次，账单 {findings.charge_count} 张，分录 {findings.entry_count} 条",
        f"{findings.stay_count} stays, {findings.charge_count} charges, {findings.entry_count} entries",
    )
    yield say("区域\t明细合计\t账单合计\t账本合计", "class\tlines\tcharges\tledger")
    for name in sorted(findings.charges_fen | findings.ledger_fen):
        sums = (findings.lines_fen[name], findings.charges_fen[name], findings.ledger_fen[name])
        yield "\t".join((name, *(format_yuan(Fen(fen)) for fen in sums)))
    yield from findings.differences
    yield say(
        "结论：全部一致" if findings.is_clean else f"结论：{findings.difference_count} 处不同",
        "result: all agree" if findings.is_clean else f"result: {findings.difference_count} differences",
    )


def _body(findings: Findings) -> dict[str, object]:
    names = [name for name in Findings.__dataclass_fields__ if not name.endswith("_fen")]
    body: dict[str, object] = {name: getattr(findings, name) for name in names}
    for name in ("lines_fen", "charges_fen", "ledger_fen"):
        body[name] = dict(getattr(findings, name))
    return {**body, "is_clean": findings.is_clean}


def _amount(dossier: Dossier) -> str:
    amount = dossier.charges[-1].amount_fen if dossier.charges else Fen(0)
    state = dossier.stay.state.value
    return say(f"{format_yuan(amount)} 元（{state}）", f"{format_yuan(amount)} yuan ({state})")
