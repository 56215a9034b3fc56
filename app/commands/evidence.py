"""`citypark evidence`: a case as one file, and checking such a file anywhere."""

import argparse
from pathlib import Path

from app.enforcing import evidence_store
from app.language import say
from enforcement.evidence.package import verify_package
from enforcement.export import export_case
from enforcement.store.dossiers import find_dossier
from parking.errors import SetupError
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import connect
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "evidence"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `evidence` with its verbs `export` and `verify`."""
    parser = subparsers.add_parser(
        NAME, help=say("案件证据包的导出与核验", "export and check a case's evidence")
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar=say("动作", "VERB"))
    give = verbs.add_parser("export", help=say("导出案件证据包", "write a case's evidence to one file"))
    give.add_argument("case_id", metavar="CASE")
    give.add_argument(
        "--out", type=Path, metavar="FILE", help=say("默认 案件编号.zip", "CASE.zip by default")
    )
    give.set_defaults(run=run_export)
    check = verbs.add_parser("verify", help=say("离线核验证据包", "check such a file, without any server"))
    check.add_argument("file", type=Path, metavar="FILE")
    check.add_argument("--head", help=say("办案日志末条摘要，用于比对", "digest that the log must end with"))
    check.set_defaults(run=run_verify)


def run_export(args: argparse.Namespace) -> int:
    """Write the package and tell the digest that its log ends with."""
    settings = load_settings()
    city = load_city(settings.city)
    with connect(settings.database_url, NAME) as connection:
        dossier = find_dossier(connection, args.case_id)
    if dossier is None:
        raise SetupError(say(f"没有案件 {args.case_id}", f"there is no case {args.case_id}"))
    body = export_case(dossier, evidence_store(settings), city.timezone, SystemClock().now())
    target: Path = args.out or Path(f"{args.case_id}.zip")
    try:
        target.write_bytes(body)
    except OSError as error:
        raise SetupError(f"{target}: {error.strerror}") from error
    head = verify_package(body).head
    print(say(f"已写入 {target}，日志末条摘要 {head}", f"wrote {target}; its log ends with {head}"))
    return 0


def run_verify(args: argparse.Namespace) -> int:
    """Name everything that is wrong; exit code 1 where there is anything."""
    try:
        body = args.file.read_bytes()
    except OSError as error:
        raise SetupError(f"{args.file}: {error.strerror}") from error
    verdict = verify_package(body)
    faults = list(verdict.faults)
    if args.head and args.head != verdict.head:
        faults.append(say(f"日志末条摘要不是 {args.head}", f"the log does not end with {args.head}"))
    for fault in faults:
        print(fault)
    if not faults:
        text = say(
            f"案件 {verdict.case_id}：{verdict.files} 个文件均与导出时一致，日志末条摘要 {verdict.head}",
            f"case {verdict.case_id}: {verdict.files} files as exported; the log ends with {verdict.head}",
        )
        print(text)
    return 1 if faults else 0
