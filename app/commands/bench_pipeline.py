"""`citypark bench pipeline`: from the broker to committed rows and signs, in one run on one broker."""

import argparse
import json
import sys
from typing import Any

from app.bench.flood import flooding
from app.bench.latency import PROBES, measure_latency
from app.bench.madecity import SECTION_BERTHS
from app.bench.stack import BROKERS, count_rows, running_stack
from app.bench.throughput import compare, start_street
from app.language import say
from parking.errors import SetupError

NAME = "pipeline"

TIMES = 10
FEWEST_BERTHS = 2 * PROBES * SECTION_BERTHS


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the bench."""
    text = say(
        "消息接收全程:吞吐、延迟、丢失与重复", "the whole intake: throughput, latency, losses and doubles"
    )
    parser = subparsers.add_parser(NAME, help=text, description=text)
    parser.add_argument("--berths", type=int, default=8_100, help=say("泊位数", "number of berths"))
    parser.add_argument(
        "--messages", type=int, default=100_000, help=say("每轮消息数", "messages in each run")
    )
    parser.add_argument("--runs", type=int, default=5, help=say("轮数,取中位数", "runs, of which medians"))
    parser.add_argument(
        "--seconds", type=float, default=60.0, help=say("每次延迟测量的秒数", "seconds of each latency")
    )
    parser.add_argument(
        "--broker", choices=BROKERS, default="mosquitto", help=say("MQTT 服务器", "MQTT broker")
    )
    parser.add_argument("--json", action="store_true", help=say("以 JSON 输出", "print JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    if args.berths < FEWEST_BERTHS or args.messages < 1 or args.runs < 1:
        raise SetupError(f"--berths must be {FEWEST_BERTHS} at least, --messages and --runs 1 at least")
    with running_stack(args.berths, args.broker) as stack:
        figures = compare(stack, args.berths, args.messages, args.runs, _tell)
    latencies = []
    for berths in (args.berths, args.berths * TIMES):
        _tell(say(f"测量 {berths} 个泊位的延迟", f"latency at the load of {berths} berths"))
        with running_stack(berths, args.broker) as stack:
            start_street(stack)
            latencies.append(measure_latency(stack, berths, args.seconds))
    _tell(say("一台设备洪泛时的延迟", "latency while one device floods"))
    with running_stack(args.berths, args.broker) as stack:
        start_street(stack)
        flooded = measure_latency(stack, args.berths, args.seconds, flooding(stack))
        flooded["rejects_rows"] = count_rows(stack, "SELECT count(*) FROM rejects")
    figures["latency_ms"] = {**latencies[0], "ten_times": latencies[1], "flooded": flooded}
    figures["broker"] = args.broker
    print(json.dumps(figures) if args.json else _table(figures))
    return 0


def _table(figures: dict[str, Any]) -> str:
    lines = [
        f"{name:<8} {figures[name]['msgs_per_cpu_s']:>9,} /CPU-s {figures[name]['msgs_per_s']:>9,} /s"
        for name in ("bare", "full", "naive")
    ]
    for latency in (figures["latency_ms"], figures["latency_ms"]["ten_times"]):
        lines += [
            f"{latency['berths']:>9,} {name:<7} p50 {latency[name]['p50']} ms, p99 {latency[name]['p99']} ms"
            for name in ("commit", "sign")
        ]
    return "\n".join([*lines, f"lost {figures['lost']}, doubled {figures['doubled']}"])


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
