"""`citypark keys`: who may ask the API for what."""

import argparse
import secrets
from datetime import timedelta

from app.language import say
from guidance.access import (
    KEY_LIFE,
    ROTATION_OVERLAP,
    ApiKey,
    Principal,
    Role,
    hash_token,
    write_token,
)
from guidance.store.keys import add_key, list_keys, revoke_key, shorten_key
from parking.errors import SetupError
from parking.plates import find_plate
from parking.plumbing.database import Connection, connect, transaction
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "keys"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `keys` with its verbs."""
    text = say("接口密钥", "keys of the API")
    verbs = subparsers.add_parser(NAME, help=text, description=text).add_subparsers(
        dest="verb", required=True, metavar=say("动作", "VERB")
    )
    text = say("新建密钥,令牌只显示一次", "make a key; its token is shown once")
    create = verbs.add_parser("create", help=text)
    create.add_argument("name", help=say("持有人", "who holds it"))
    roles = [role.value for role in Role if role is not Role.ANONYMOUS]
    create.add_argument("--role", required=True, choices=roles)
    create.add_argument("--plate", default="", help=say("车牌(驾驶人必填)", "drivers need one"))
    create.add_argument("--days", type=int, default=KEY_LIFE.days, help=say("有效天数", "days until it ends"))
    create.set_defaults(run=run_create)
    verbs.add_parser("list", help=say("列出密钥", "list them")).set_defaults(run=run_list)
    rotate = verbs.add_parser(
        "rotate", help=say("换发令牌,旧令牌再用一天", "make a new token; the old one goes on for a day")
    )
    rotate.add_argument("key_id", metavar="ID")
    rotate.set_defaults(run=run_rotate)
    revoke = verbs.add_parser("revoke", help=say("立即作废", "make a key worthless at once"))
    revoke.add_argument("key_id", metavar="ID")
    revoke.set_defaults(run=run_revoke)


def run_create(args: argparse.Namespace) -> int:
    """Make a key and print its token, which is kept nowhere."""
    role, plate = Role(args.role), find_plate(args.plate) if args.plate else None
    if args.plate and plate is None:
        raise SetupError(say(f"{args.plate} 不是车牌", f"{args.plate} is not a plate"))
    if (role is Role.DRIVER) != (plate is not None):
        raise SetupError(say("驾驶人,且只有驾驶人,填写 --plate", "drivers, and only they, have a --plate"))
    if args.days < 1:
        raise SetupError(say("--days 至少为 1", "--days is 1 or more"))
    principal = Principal(name=args.name, role=role, plate=plate.plate if plate else None)
    with connect(load_settings().database_url, NAME) as connection, transaction(connection):
        print(_make(connection, principal, timedelta(days=args.days)))
    return 0


def run_list(_args: argparse.Namespace) -> int:
    """Print every key, without tokens."""
    now = SystemClock().now()
    with connect(load_settings().database_url, NAME) as connection, transaction(connection):
        for key in list_keys(connection):
            state = say("有效", "holds") if key.holds(now) else say("失效", "over")
            who = key.principal
            print(f"{key.key_id}  {state}  {who.role:<9}  {key.expires_at:%Y-%m-%d}  {who.name}")
    return 0


def run_rotate(args: argparse.Namespace) -> int:
    """Make a key like this one, print its token, and let this one end soon."""
    now = SystemClock().now()
    with connect(load_settings().database_url, NAME) as connection, transaction(connection):
        standing = {key.key_id: key for key in list_keys(connection) if key.holds(now)}
        old = standing.get(args.key_id)
        if old is None:
            raise _no_key(args.key_id)
        shorten_key(connection, old.key_id, now + ROTATION_OVERLAP)
        print(_make(connection, old.principal, old.expires_at - old.created_at))
    return 0


def run_revoke(args: argparse.Namespace) -> int:
    """Make a key worthless."""
    with connect(load_settings().database_url, NAME) as connection, transaction(connection):
        if not revoke_key(connection, args.key_id, SystemClock().now()):
            raise _no_key(args.key_id)
    return 0


def _make(connection: Connection, principal: Principal, life: timedelta) -> str:
    now, key_id = SystemClock().now(), secrets.token_hex(4)
    token = write_token(key_id, secrets.token_urlsafe(32))
    key = ApiKey(
        key_id=key_id,
        principal=principal,
        token_sha256=hash_token(token),
        created_at=now,
        expires_at=now + life,
    )
    add_key(connection, key)
    return token


def _no_key(key_id: str) -> SetupError:
    seen = "`citypark keys list`"
    return SetupError(say(f"没有有效的密钥 {key_id}:见 {seen}", f"no valid key {key_id}: see {seen}"))
