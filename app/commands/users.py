"""`citypark users`: who may sign in to the API and the pages."""

import argparse
import getpass
import secrets
import sys

from app.language import say
from guidance.access import Role
from guidance.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD, User
from guidance.service.accounts import hash_password
from guidance.store.users import add_user, disable, list_users, revoke_all, set_password
from parking.errors import SetupError
from parking.plates import find_plate
from parking.plumbing.database import Connection, connect, transaction
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "users"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `users` with its verbs."""
    text = say("可登录的用户", "people who may sign in")
    verbs = subparsers.add_parser(NAME, help=text, description=text).add_subparsers(
        dest="verb", required=True, metavar=say("动作", "VERB")
    )
    create = verbs.add_parser("create", help=say("新建用户", "let somebody in"))
    create.add_argument("name", metavar="NAME")
    roles = [role.value for role in Role if role is not Role.ANONYMOUS]
    create.add_argument("--role", required=True, choices=roles)
    create.add_argument("--plate", default="", help=say("车牌（驾驶人必填）", "drivers need one"))
    create.set_defaults(run=run_create)
    verbs.add_parser("list", help=say("列出用户", "list them")).set_defaults(run=run_list)
    password = verbs.add_parser("password", help=say("更换密码并结束会话", "new password; sessions end"))
    password.set_defaults(run=run_password)
    out = verbs.add_parser("sign-out", help=say("结束该用户的全部会话", "end all sessions of somebody"))
    out.set_defaults(run=run_sign_out)
    over = verbs.add_parser("disable", help=say("停用用户并结束会话", "let somebody in no more"))
    over.set_defaults(run=run_disable)
    for verb in (create, password):
        verb.add_argument(
            "--generate",
            action="store_true",
            help=say("生成密码并显示一次；否则从终端或标准输入读取", "make a password and show it once"),
        )
    for verb in (password, out, over):
        verb.add_argument("name", metavar="NAME")


def run_create(args: argparse.Namespace) -> int:
    """Put somebody on record."""
    role, plate = Role(args.role), find_plate(args.plate) if args.plate else None
    if args.plate and plate is None:
        raise SetupError(say(f"{args.plate} 不是车牌", f"{args.plate} is not a plate"))
    if (role is Role.DRIVER) != (plate is not None):
        raise SetupError(say("驾驶人,且只有驾驶人,填写 --plate", "drivers, and only they, have a --plate"))
    user = User(
        name=args.name,
        role=role,
        plate=plate.plate if plate else None,
        password_hash=hash_password(_password(args)),
        created_at=SystemClock().now(),
    )
    with _database() as connection, transaction(connection):
        if not add_user(connection, user):
            raise SetupError(say(f"已有用户 {args.name}", f"there is a user {args.name} already"))
    return 0


def run_list(_args: argparse.Namespace) -> int:
    """Print everybody."""
    with _database() as connection, transaction(connection):
        for user in list_users(connection):
            state = say("停用", "disabled") if user.disabled_at else say("有效", "may sign in")
            print(f"{user.name}  {user.role:<9}  {state}  {user.plate or ''}".rstrip())
    return 0


def run_password(args: argparse.Namespace) -> int:
    """Replace a password."""
    kept = hash_password(_password(args))
    with _database() as connection, transaction(connection):
        if not set_password(connection, args.name, kept, SystemClock().now()):
            raise _nobody(args.name)
    return 0


def run_sign_out(args: argparse.Namespace) -> int:
    """End all sessions of somebody."""
    with _database() as connection, transaction(connection):
        if not revoke_all(connection, args.name, SystemClock().now()):
            raise SetupError(say(f"{args.name} 没有会话", f"{args.name} has no session"))
    return 0


def run_disable(args: argparse.Namespace) -> int:
    """Let somebody in no more."""
    with _database() as connection, transaction(connection):
        if not disable(connection, args.name, SystemClock().now()):
            raise _nobody(args.name)
    return 0


def _password(args: argparse.Namespace) -> str:
    """The password from the terminal, from a pipe, or made here and shown."""
    if args.generate:
        made = secrets.token_urlsafe(15)
        print(made)
        return made
    prompt = say("密码：", "Password: ")
    given = getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not SHORTEST_PASSWORD <= len(given) <= LONGEST_PASSWORD:
        raise SetupError(
            say(
                f"密码应为 {SHORTEST_PASSWORD} 到 {LONGEST_PASSWORD} 个字符",
                f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} letters",
            )
        )
    return given


def _database() -> Connection:
    return connect(load_settings().database_url, NAME)


def _nobody(name: str) -> SetupError:
    seen = "`citypark users list`"
    return SetupError(say(f"没有有效的用户 {name}：见 {seen}", f"nobody of the name {name}: see {seen}"))
