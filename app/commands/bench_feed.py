"""`citypark bench feed`: from a decisive observation to the squad, over MQTT and over server-sent events.

Measures a running platform (`citypark up`): cameras tell of planted vehicles, each at a place of its own.
"""

import argparse
import json
import threading
import time
import urllib.request
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Final

from app.language import say
from parking.city import City
from parking.clock import Clock
from parking.errors import SetupError, UnavailableError
from parking.ids import DeviceId
from parking.plumbing.broker import BrokerLink
from parking.plumbing.cityfiles import load_city
from parking.plumbing.settings import Settings, load_settings
from parking.plumbing.systemclock import SystemClock
from parking.topics import area_topic, violations_filter

NAME = "feed"
RULE: Final = "fire-lane"
# Enough for the slowest rule over observations.
BEFORE: Final = timedelta(minutes=6)
PATIENCE_S: Final = 30.0
Place = tuple[float, float]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `feed` to the benches."""
    text = say("违停事件送达时延（需平台正在运行）", "delay of the violation feed of a running platform")
    parser = subparsers.add_parser(NAME, help=text, description=text)
    parser.add_argument("--count", type=int, default=300, metavar="N")
    parser.add_argument("--rate", type=float, default=5.0, metavar="N", help=say("每秒起数", "a second"))
    parser.add_argument("--json", action="store_true", help=say("输出 JSON", "print JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure and print; exit code 1 where an event did not come."""
    if args.count < 1 or args.rate <= 0:
        raise SetupError(say("--count 和 --rate 须大于 0", "--count and --rate must be above 0"))
    settings = load_settings()
    result = bench_feed(settings, load_city(settings.city), SystemClock(), args.count, args.rate)
    if args.json:
        print(json.dumps(result))
    else:
        for name, figures in result.items():
            print(f"{name}: {figures}")
    return int(any(figures["missing"] for figures in result.values()))


def bench_feed(
    settings: Settings, city: City, clock: Clock, count: int, rate: float
) -> dict[str, dict[str, float]]:
    """Seconds from publishing the decisive message to hearing of it, and how many were never heard of."""
    heard: dict[str, dict[Place, float]] = {"mqtt": {}, "sse": {}}
    stop, ready = threading.Event(), threading.Event()
    name = f"citypark-bench-{clock.now():%H%M%S%f}"
    squad = BrokerLink(settings, name, clock, filters=[violations_filter(city.city_id)], keep_session=False)
    squad.start()
    threads = [
        threading.Thread(target=_hear_mqtt, args=(squad, heard["mqtt"], stop), daemon=True),
        threading.Thread(target=_hear_sse, args=(settings, heard["sse"], stop, ready), daemon=True),
    ]
    try:
        squad.wait_connected(PATIENCE_S)
        for thread in threads:
            thread.start()
        if not ready.wait(PATIENCE_S):
            raise UnavailableError(f"no stream from {settings.http_host}:{settings.http_port}")
        sent = _plant(squad, city, clock, count, rate)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and any(len(sent.keys() - each.keys()) for each in heard.values()):
            time.sleep(0.1)
    finally:
        stop.set()
        squad.stop()
    return {way: _figures(sent, times) for way, times in heard.items()}


def _plant(link: BrokerLink, city: City, clock: Clock, count: int, rate: float) -> dict[Place, float]:
    """Let cameras tell of vehicles, twice each; returns when the second message of each place left."""
    cameras = list(city.cameras.values())
    boot = int(clock.now().timestamp())
    sent: dict[Place, float] = {}
    for number in range(count):
        camera = cameras[number % len(cameras)]
        place = (round(113.0 + number * 1e-4, 6), round(31.0 + (boot % 10_000) * 1e-4, 6))
        for seq, at in ((2 * number, clock.now() - BEFORE), (2 * number + 1, clock.now())):
            payload = _observation(boot, seq, at, place, f"bench-{number}")
            link.publish(area_topic(city.city_id, DeviceId(camera.camera_id)), payload)
        sent[place] = time.monotonic()
        time.sleep(1 / rate)
    return sent


def _observation(boot: int, seq: int, at: datetime, place: Place, track: str) -> bytes:
    body = {
        "v": 1, "boot": boot, "seq": seq, "at": at.isoformat(), "scene": "fire_lane", "track": track,
        "lon": place[0], "lat": place[1], "confidence": 0.97,
    }  # fmt: skip
    return json.dumps(body).encode()


def _hear_mqtt(link: BrokerLink, heard: dict[Place, float], stop: threading.Event) -> None:
    while not stop.is_set():
        deliveries = link.receive(1000, 0.2)
        now = time.monotonic()
        link.acknowledge(deliveries)
        for delivery in deliveries:
            _note(delivery.raw.payload, heard, now)


def _hear_sse(
    settings: Settings, heard: dict[Place, float], stop: threading.Event, ready: threading.Event
) -> None:
    url = f"http://{settings.http_host}:{settings.http_port}/api/v1/violations/stream"
    with closing(urllib.request.urlopen(url, timeout=PATIENCE_S)) as stream:
        for line in stream:
            ready.set()
            if stop.is_set():
                return
            if line.startswith(b"data: "):
                _note(line.removeprefix(b"data: "), heard, time.monotonic())


def _note(body: bytes, heard: dict[Place, float], now: float) -> None:
    event = json.loads(body)
    if event["rule"] == RULE and event["lon"] is not None:
        heard.setdefault((round(event["lon"], 6), round(event["lat"], 6)), now)


def _figures(sent: dict[Place, float], heard: dict[Place, float]) -> dict[str, float]:
    delays = sorted(heard[place] - at for place, at in sent.items() if place in heard)
    return {
        "sent": len(sent),
        "missing": len(sent) - len(delays),
        "median_s": _at(delays, 0.5),
        "p99_s": _at(delays, 0.99),
        "most_s": _at(delays, 1.0),
    }


def _at(delays: Sequence[float], share: float) -> float:
    return round(delays[min(len(delays) - 1, int(len(delays) * share))], 3) if delays else 0.0
