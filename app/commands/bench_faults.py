"""`citypark bench faults`: kill -9 of street, broker and database while messages flow, and count."""

import argparse
import json
import sys

from app.bench.faults import measure_faults
from app.bench.stack import running_stack
from app.language import say
from parking.errors import SetupError

NAME = "faults"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the bench."""
    text = say(
        "随机 kill -9 接收进程、MQTT 服务器和数据库,核对一条不丢、一条不重",
        "kill street, broker and database at random; count what was lost or doubled",
    )
    parser = subparsers.add_parser(NAME, help=text, description=text)
    parser.add_argument("--kills", type=int, default=100, help=say("杀进程次数", "how many kills"))
    parser.add_argument("--messages", type=int, default=1_000_000, help=say("消息数", "how many messages"))
    parser.add_argument("--berths", type=int, default=8_100, help=say("泊位数", "number of berths"))
    parser.add_argument(
        "--seed", type=int, default=1, help=say("随机种子", "seed of the moments and victims")
    )
    parser.add_argument("--json", action="store_true", help=say("以 JSON 输出", "print JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run it and print; exit code 1 where the sum does not hold."""
    if args.kills < 0 or args.messages < 1 or args.berths < 1:
        raise SetupError("--kills must be 0 at least, --messages and --berths 1 at least")
    with running_stack(args.berths, "mosquitto", persistent=True) as stack:
        figures = measure_faults(stack, args.berths, args.messages, args.kills, _tell, args.seed)
    if args.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<24} {value}")
    holds = not figures["lost"] and not figures["doubled"]
    return 0 if holds and figures["transitions"] == figures["transitions_expected"] else 1


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
