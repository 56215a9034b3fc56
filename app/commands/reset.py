"""`citypark reset`: forget what the all-in-one has stored."""

import argparse

from app.allinone import forget
from app.language import say
from parking.plumbing.settings import load_settings

NAME = "reset"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    text = say("删除本机演示数据", "delete the data of the all-in-one")
    parser = subparsers.add_parser(NAME, help=text, description=text)
    parser.add_argument("--yes", action="store_true", help=say("不再询问", "do not ask"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Delete after a question; exit code 1 when the answer is no."""
    home = load_settings().home
    question = say(f"删除 {home} 中的全部数据?输入 yes 确认:", f"Delete all data in {home}? Type yes: ")
    if not args.yes and input(question).strip() != "yes":
        return 1
    forget(home)
    print(say(f"{home} 已清空", f"{home} is empty now"))
    return 0
