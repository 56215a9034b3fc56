"""`citypark bench occupancy`: the engine alone, for any number of berths."""

import argparse
import json
import resource
import time

import numpy as np

from app.language import say
from occupancy.engine import Engine
from occupancy.evidence import Evidence
from parking.readings import ReadingKind

NAME = "occupancy"

BATCH = 10_000
SECONDS = 3.0
HEARTBEAT_US = 1_800_000_000
LIMIT_US = 4_800_000_000


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the bench."""
    text = say("泊位推断引擎", "the occupancy engine")
    parser = subparsers.add_parser(NAME, help=text, description=text)
    parser.add_argument("--berths", type=int, default=8_400, help=say("泊位数", "number of berths"))
    parser.add_argument("--json", action="store_true", help=say("以 JSON 输出", "print JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    figures = measure(args.berths)
    if args.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<20} {value:,}")
    return 0


def measure(berths: int) -> dict[str, float]:
    """Readings applied per CPU-second in batches of 10,000, seconds to snapshot and restore, peak memory."""
    names = np.strings.mod("B%08d", np.arange(berths))
    limit = np.full(berths, LIMIT_US, dtype=np.int64)
    engine = Engine(names, limit, LIMIT_US, names, np.arange(berths, dtype=np.int64))
    del names
    rng = np.random.default_rng(1)
    applied, turn = 0, 0
    spent = 0.0
    while spent < SECONDS:
        batch = _batch(rng, berths, turn)
        started = time.process_time()
        engine.apply(batch)
        spent += time.process_time() - started
        applied, turn = applied + BATCH, turn + 1
    started = time.perf_counter()
    body = engine.snapshot()
    snapshot_s = time.perf_counter() - started
    started = time.perf_counter()
    engine.restore(body)
    restore_s = time.perf_counter() - started
    return {
        "berths": berths,
        "readings_per_cpu_s": round(applied / spent),
        "snapshot_s": round(snapshot_s, 4),
        "restore_s": round(restore_s, 4),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def _batch(rng: np.random.Generator, berths: int, turn: int) -> Evidence:
    """Heartbeats with one change in eight, as a city sends them: each device at its own time."""
    observed = turn * (HEARTBEAT_US // 100) + rng.integers(0, HEARTBEAT_US // 100, BATCH)
    kind = np.where(rng.random(BATCH) < 1 / 8, ReadingKind.CHANGE, ReadingKind.HEARTBEAT)
    berth = rng.integers(0, berths, BATCH)
    return Evidence(
        reading_id=np.arange(turn * BATCH, (turn + 1) * BATCH, dtype=np.int64),
        berth=berth,
        device=berth,
        boot=np.zeros(BATCH, dtype=np.int64),
        seq=np.full(BATCH, turn, dtype=np.int64),
        observed_us=observed,
        received_us=observed,
        kind=kind.astype(np.int8),
        occupied=(rng.random(BATCH) < 0.6).astype(np.int8),
        battery_v=np.full(BATCH, 3.6, dtype=np.float32),
    )
