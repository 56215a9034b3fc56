"""`citypark staff`: who may act on cases, each with a token that is shown once."""

import argparse
import secrets

import psycopg

from app.language import say
from enforcement.cases.words import Actor, Role
from enforcement.store.staff import add_staff, let_go, list_staff
from parking.errors import SetupError
from parking.plumbing.database import connect, transaction
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "staff"
ROLES = (Role.OPERATOR, Role.OFFICER, Role.TREASURY)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `staff` with its verbs `add`, `list` and `leave`."""
    text = say("执法办案人员", "people who act on cases")
    verbs = subparsers.add_parser(NAME, help=text, description=text).add_subparsers(
        dest="verb", required=True, metavar=say("动作", "VERB")
    )
    come = verbs.add_parser(
        "add", help=say("登记人员并发放令牌", "put somebody on record and hand out a token")
    )
    come.add_argument("actor_id", metavar="ID")
    come.add_argument("--name", required=True)
    come.add_argument("--role", required=True, choices=[role.value for role in ROLES])
    come.add_argument(
        "--certificate", default="", metavar="NO", help=say("执法证号（执法人员必填）", "officers need one")
    )
    come.set_defaults(run=run_add)
    verbs.add_parser("list", help=say("列出人员", "list them")).set_defaults(run=run_list)
    leave = verbs.add_parser("leave", help=say("停用人员的令牌", "make somebody's token worthless"))
    leave.add_argument("actor_id", metavar="ID")
    leave.set_defaults(run=run_leave)


def run_add(args: argparse.Namespace) -> int:
    """Record a person; print the token, which is kept nowhere."""
    role = Role(args.role)
    if (role is Role.OFFICER) != bool(args.certificate):
        raise SetupError(
            say(
                "执法人员必须且只有执法人员填写 --certificate",
                "officers, and only they, have a --certificate",
            )
        )
    actor = Actor(actor_id=args.actor_id, role=role, certificate_no=args.certificate)
    token = secrets.token_urlsafe(32)
    with connect(load_settings().database_url, NAME) as connection, transaction(connection):
        try:
            add_staff(connection, actor, args.name, token, SystemClock().now())
        except psycopg.errors.UniqueViolation as error:
            raise SetupError(
                say(f"编号 {args.actor_id} 已在用", f"the id {args.actor_id} is in use")
            ) from error
    print(say(f"令牌（仅显示一次）：{token}", f"token, shown this once: {token}"))
    return 0


def run_list(_args: argparse.Namespace) -> int:
    """Print everybody, with those who left."""
    with connect(load_settings().database_url, NAME) as connection:
        for actor, name, left_at in list_staff(connection):
            gone = say("（已停用）", " (left)") if left_at else ""
            print(f"{actor.actor_id}  {actor.role.value}  {name}  {actor.certificate_no}{gone}")
    return 0


def run_leave(args: argparse.Namespace) -> int:
    """Let somebody act no more."""
    with connect(load_settings().database_url, NAME) as connection, transaction(connection):
        if not let_go(connection, args.actor_id, SystemClock().now()):
            raise SetupError(say(f"没有在用的编号 {args.actor_id}", f"nobody acts as {args.actor_id}"))
    return 0
