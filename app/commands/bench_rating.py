"""`citypark bench rating`: how many stays are rated in one second of CPU."""

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path

from app.language import say
from billing.tariff import Tariff, load_tariff
from billing.tariff.bench import bench_stays, complexity, stays_per_second
from parking.errors import SetupError

NAME = "rating"
# 07:30 in Suizhou, when charging begins.
BEGIN_AT = datetime(2024, 4, 30, 23, 30, tzinfo=UTC)
STAYS = 20_000
ROUNDS = 3


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `rating` to the benches."""
    parser = subparsers.add_parser(NAME, help=say("每CPU秒计费次数", "stays rated per CPU-second"))
    parser.add_argument("--cities", type=Path, default=Path("cities"), metavar="DIR")
    parser.add_argument("--stays", type=int, default=STAYS, metavar="N")
    parser.add_argument("--json", action="store_true", help=say("输出 JSON", "print JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    result = bench_rating(args.cities, args.stays)
    if args.json:
        print(json.dumps(result))
        return 0
    for name, figures in result.items():
        rate = figures["stays_per_cpu_s"]
        print(say(f"{name}：每CPU秒 {rate:,} 次", f"{name}: {rate:,} stays per CPU-second"))
    return 0


def bench_rating(cities: Path = Path("cities"), stays: int = STAYS) -> dict[str, dict[str, int]]:
    """Stays per CPU-second on Suizhou 2021 and on the most complex example; the best of three rounds."""
    if stays < 1:
        raise SetupError(say("--stays 至少为 1", "--stays must be at least 1"))
    examples = [load_tariff(path) for path in sorted((cities / "examples").glob("*.toml"))]
    if not examples:
        raise SetupError(say(f"{cities}/examples 中没有收费标准", f"no tariffs in {cities}/examples"))
    measured = [load_tariff(cities / "suizhou/tariffs/2021.toml"), max(examples, key=complexity)]
    return {tariff.tariff_id: {"stays_per_cpu_s": _measure(tariff, stays)} for tariff in measured}


def _measure(tariff: Tariff, count: int) -> int:
    stays = bench_stays(tariff, count, BEGIN_AT)
    return round(max(stays_per_second(tariff, stays, time.process_time) for _ in range(ROUNDS)))
