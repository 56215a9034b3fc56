"""`citypark score`: the whole pipeline against a simulated city whose truth is known."""

import argparse
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from app.commands.simulate import make_world
from app.language import say
from app.scoring.acts import Judged
from app.scoring.bills import Office
from app.scoring.report import Case, report
from app.scoring.street import Plan, play
from billing.books import load_book
from parking.city import City
from parking.errors import SetupError
from parking.ids import CameraId
from parking.plumbing.cityfiles import load_city
from parking.plumbing.settings import load_settings

NAME = "score"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    text = say("用已知真相的模拟城市给整条流水线打分", "score the pipeline against a simulated city's truth")
    parser = subparsers.add_parser(NAME, help=text, description=text)
    parser.add_argument(
        "--scenario",
        type=Path,
        required=True,
        metavar=say("文件", "FILE"),
        help=say("场景文件", "scenario file"),
    )
    parser.add_argument("--hours", type=float, default=24.0, help=say("计分时长", "hours that are scored"))
    parser.add_argument("--seed", type=int, default=1, help=say("随机种子", "seed of chance"))
    parser.add_argument(
        "--from",
        dest="from_at",
        default="2026-11-24T00:00",
        metavar=say("时间", "TIME"),
        help=say("从何时起计分,默认 2026-11-24T00:00", "scored from, default 2026-11-24T00:00"),
    )
    parser.add_argument(
        "--warm-up", type=float, default=2.0, help=say("之前先运行几小时", "hours played before that")
    )
    parser.add_argument(
        "--share", type=int, default=1, help=say("只用每第 N 个路段", "play only every N-th road section")
    )
    parser.add_argument("--step", type=float, default=5.0, help=say("每步秒数", "seconds of a step"))
    parser.add_argument("--json", action="store_true", help=say("以 JSON 输出", "print JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Play, score, print."""
    settings = load_settings()
    city = part_of(load_city(settings.city), args.share)
    world = make_world(settings.city, city, args.scenario, args.seed)
    from_at = datetime.fromisoformat(args.from_at).replace(tzinfo=city.timezone)
    plan = Plan(
        begin_at=from_at - timedelta(hours=args.warm_up),
        from_at=from_at,
        until_at=from_at + timedelta(hours=args.hours),
        step=timedelta(seconds=args.step),
    )
    played = play(city, world, plan, frozenset(), lambda *_: None)
    case = Case.of(city, world, plan, played, Office.of(city, load_book(settings.city)))
    figures = report(case, Judged())
    print(json.dumps(figures, indent=None if args.json else 2))
    return 0


def part_of(city: City, share: int) -> City:
    """The city with only every `share`-th of its simulated sections, their berths and devices."""
    if share < 1:
        raise SetupError(f"--share must be 1 or more: {share}")
    simulated = [section_id for section_id, section in city.sections.items() if section.simulated]
    chosen = frozenset(simulated[::share])
    berths = {name: berth for name, berth in city.berths.items() if berth.section_id in chosen}
    cameras = {name: camera for name, camera in city.cameras.items() if camera.section_id in chosen}
    devices = {
        name: device
        for name, device in city.devices.items()
        if device.berth_id in berths or CameraId(name) in cameras or device.family == "patrol"
    }
    return replace(
        city,
        sections={name: section for name, section in city.sections.items() if name in chosen},
        berths=berths,
        cameras=cameras,
        devices=devices,
    )
