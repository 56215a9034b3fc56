"""The `citypark` command: finds the sub-command, runs it, and turns errors into one sentence."""

import argparse
import importlib
import itertools
import os
import signal
import sys
from collections.abc import Sequence
from typing import Protocol, cast

from app.language import choose, say
from parking.errors import ParkingError, SetupError, SourceError

# Modules of app.commands, in the order in which help lists them.
COMMANDS = (
    "up",
    "reset",
    "broker",
    "street",
    "billing",
    "enforcement",
    "guidance",
    "signs",
    "keys",
    "users",
    "simulate",
    "score",
    "db",
    "devices",
    "ingest",
    "city",
    "tariff",
    "rights",
    "bill",
    "forecast",
    "doorkey",
    "health",
    "staff",
    "evidence",
    "violations",
    "webhook",
    "bench",
)


class Command(Protocol):
    """What a module of `app.commands` offers."""

    NAME: str

    def add_parser(self, subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
        """Add the sub-command; its defaults set `run`, a function of the arguments to an exit code."""
        ...


def build_parser(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """Build the parser of the given sub-commands only, so that start-up pays for one."""
    parser = argparse.ArgumentParser(
        prog="citypark", description=say("路侧停车平台", "Kerbside parking platform")
    )
    parser.add_argument("--lang", choices=("zh", "en"), help=say("界面语言", "language of messages"))
    subparsers = parser.add_subparsers(dest="command", required=True, metavar=say("命令", "COMMAND"))
    for name in commands:
        cast("Command", importlib.import_module(f"app.commands.{name}")).add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one sub-command; exit code 2 when the operator must change something first."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _choose_language(arguments)
    named = [name for name in arguments[:3] if name in COMMANDS]
    args = build_parser(named[:1] or COMMANDS).parse_args(arguments)
    try:
        code = int(args.run(args))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough, as `| head` does; Python would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except SetupError as error:
        text = say(error.chinese, str(error)) if isinstance(error, SourceError) else str(error)
        print(f"citypark: {text}", file=sys.stderr)
        return 2
    except ParkingError as error:
        print(f"citypark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _choose_language(arguments: Sequence[str]) -> None:
    for flag, value in itertools.pairwise(arguments):
        if flag == "--lang" and value in {"zh", "en"}:
            choose("en" if value == "en" else "zh")


if __name__ == "__main__":
    sys.exit(main())
