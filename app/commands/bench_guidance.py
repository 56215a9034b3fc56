"""`citypark bench guidance`: whether drivers of the simulated city find a berth where they were sent."""

import argparse
import json
import sys
from datetime import date, timedelta
from pathlib import Path

from app.bench.askers import WAYS, make_scene, play, score
from app.commands.simulate import make_world
from app.language import say
from guidance.desk import Desk
from parking.plumbing.cityfiles import load_city
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock

NAME = "guidance"

HISTORY_DAYS = 21


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the bench."""
    text = say(
        "推荐的效果：第一个路段就停到的比例,与最近优先、现有空位对照",
        "first-section success of recommendations, beside nearest first and counts of now",
    )
    parser = subparsers.add_parser(NAME, help=text, description=text)
    parser.add_argument("--scenario", type=Path, help=say("场景文件", "scenario file"))
    parser.add_argument("--seed", type=int, default=1, help=say("随机种子", "seed of chance"))
    text = say("哪一天，默认昨天", "local day, default yesterday")
    parser.add_argument("--on", type=date.fromisoformat, metavar="YYYY-MM-DD", help=text)
    text = say("此前学习多少天", "days to learn from before it")
    parser.add_argument("--history-days", type=int, default=HISTORY_DAYS, help=text)
    parser.add_argument("--json", action="store_true", help=say("以 JSON 输出", "print JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Play one day once a way of choosing, and print."""
    settings, clock = load_settings(), SystemClock()
    city = load_city(settings.city)
    world = make_world(settings.city, city, args.scenario, args.seed)
    on = args.on or clock.now().astimezone(city.timezone).date() - timedelta(days=1)
    _tell(say(f"学习 {args.history_days} 天", f"learning from {args.history_days} days"))
    scene = make_scene(Desk.of(city, clock), world, on, args.history_days)
    figures = {}
    for way in WAYS:
        _tell(way)
        figures[way] = score(play(scene, way))
    if args.json:
        print(json.dumps({"on": on.isoformat(), "seed": args.seed, **figures}))
        return 0
    for way, one in figures.items():
        print(f"{way:<12} " + "  ".join(f"{name} {value}" for name, value in one.items()))
    return 0


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
