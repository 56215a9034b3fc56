"""`citypark webhook`: who else is told of violations."""

import argparse
import secrets

from app.language import say
from enforcement.link.post import HttpPost, check_address
from enforcement.service import retry_dead
from enforcement.store import webhooks
from enforcement.webhooks import WebhookId
from parking.errors import SetupError
from parking.plumbing.database import connect, transaction
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "webhook"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `webhook` with its verbs `add`, `list`, `remove` and `retry`."""
    text = say("向其他系统推送违停事件", "tell other systems of violations")
    verbs = subparsers.add_parser(NAME, help=text, description=text).add_subparsers(
        dest="verb", required=True, metavar=say("动作", "VERB")
    )
    come = verbs.add_parser(
        "add", help=say("登记地址并给出签名密钥", "add an address; prints the signing secret")
    )
    come.add_argument("url", metavar="URL")
    come.set_defaults(run=run_add)
    verbs.add_parser(
        "list", help=say("列出地址和投递情况", "list addresses and how far they were told")
    ).set_defaults(run=run_list)
    for verb, run, zh, en in (
        ("remove", run_remove, "停止推送", "tell an address no more"),
        ("retry", run_retry, "重新投递未送达的事件", "send its dead letters once more"),
    ):
        parser = verbs.add_parser(verb, help=say(zh, en))
        parser.add_argument("webhook_id", metavar="ID")
        parser.set_defaults(run=run)


def run_add(args: argparse.Namespace) -> int:
    """Add an address; print its id and secret."""
    check_address(args.url)
    webhook_id, secret = WebhookId(f"W-{secrets.token_hex(4)}"), secrets.token_urlsafe(32)
    with connect(load_settings().database_url, NAME) as connection, transaction(connection):
        webhooks.add_webhook(connection, webhook_id, args.url, secret, SystemClock().now())
    print(say(f"{webhook_id} 签名密钥：{secret}", f"{webhook_id} secret: {secret}"))
    return 0


def run_list(_args: argparse.Namespace) -> int:
    """Print each address with what is known of its deliveries."""
    with connect(load_settings().database_url, NAME) as connection:
        for webhook_id, url, after_no, attempts, error, dead in webhooks.list_webhooks(connection):
            trouble = (
                say(f"，失败 {attempts} 次：{error}", f", failed {attempts} times: {error}")
                if attempts
                else ""
            )
            text = say(
                f"{webhook_id} {url} 已送至 {after_no}，未送达 {dead}{trouble}",
                f"{webhook_id} {url} told up to {after_no}, {dead} dead letters{trouble}",
            )
            print(text)
    return 0


def run_remove(args: argparse.Namespace) -> int:
    """Tell an address no more."""
    with connect(load_settings().database_url, NAME) as connection, transaction(connection):
        if not webhooks.remove_webhook(connection, WebhookId(args.webhook_id), SystemClock().now()):
            raise SetupError(say(f"没有 {args.webhook_id}", f"there is no {args.webhook_id}"))
    return 0


def run_retry(args: argparse.Namespace) -> int:
    """Send dead letters once more; exit code 1 where some were refused again."""
    settings = load_settings()
    taken, left = retry_dead(settings.database_url, HttpPost(), SystemClock(), WebhookId(args.webhook_id))
    print(say(f"已送达 {taken}，仍未送达 {left}", f"{taken} taken, {left} refused again"))
    return 1 if left else 0
