"""`citypark bench backlog`: every device sends an hour of kept messages at once; no stay or bill differs."""

import argparse
import json
import sys

from app.bench.backlog import COMPARED, measure_backlog
from app.bench.stack import BROKERS, running_stack
from app.language import say
from parking.errors import SetupError

NAME = "backlog"

# Names of made berths have six digits, by which they are sorted.
MOST_DEVICES = 900_000


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the bench."""
    text = say(
        "全城设备断网一小时后同时补发,核对停车与账单不变",
        "all devices send a kept hour at once; stays and bills are compared",
    )
    parser = subparsers.add_parser(NAME, help=text, description=text)
    parser.add_argument("--devices", type=int, default=100_000, help=say("设备数", "number of devices"))
    parser.add_argument(
        "--broker", choices=BROKERS, default="mosquitto", help=say("MQTT 服务器", "MQTT broker")
    )
    parser.add_argument("--json", action="store_true", help=say("以 JSON 输出", "print JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run it and print; exit code 1 where anything differs, was refused or came out of order."""
    if not 1 <= args.devices <= MOST_DEVICES:
        raise SetupError(f"--devices must be 1 to {MOST_DEVICES:,}")
    with running_stack(args.devices, args.broker) as stack:
        figures = measure_backlog(stack, args.devices, _tell)
    if args.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<24} {value:,}")
    differs = any(figures[f"{name}_differing"] for name in COMPARED)
    return 1 if differs or figures["out_of_order"] or figures["rejected"] else 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
