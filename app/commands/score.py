"""`citypark score`: the whole pipeline against a simulated city whose truth is known."""

import argparse
import json
import signal
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from app.commands.simulate import make_world
from app.language import say
from app.scoring.acts import Judged, true_offences
from app.scoring.bills import Office
from app.scoring.case import Case
from app.scoring.offices import Offices, judged_berths, scratch_database
from app.scoring.report import Figures, report
from app.scoring.street import Plan, ScoredStreet, play
from billing.books import load_book
from enforcement.rulebook import load_rulebook
from parking.city import City
from parking.errors import SetupError
from parking.ids import CameraId
from parking.plumbing.cityfiles import load_city
from parking.plumbing.settings import load_settings
from simulators.days import World

NAME = "score"

# Corrections from upstream that are planted after the run, at most.
PLANTED = 200


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
    parser.add_argument("--step", type=float, default=10.0, help=say("每步秒数", "seconds of a step"))
    parser.add_argument("--json", action="store_true", help=say("以 JSON 输出", "print JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Play, score, print."""
    settings = load_settings()
    if args.hours <= 0 or args.warm_up < 0 or args.step <= 0:
        raise SetupError("--hours and --step must be above 0, --warm-up not below")
    city = part_of(load_city(settings.city), args.share)
    world = make_world(settings.city, city, args.scenario, args.seed)
    from_at = datetime.fromisoformat(args.from_at).replace(tzinfo=city.timezone)
    plan = Plan(
        begin_at=from_at - timedelta(hours=args.warm_up),
        from_at=from_at,
        until_at=from_at + timedelta(hours=args.hours),
        step=timedelta(seconds=args.step),
    )
    # Whoever ends a run ends its database too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    figures = score(settings.city, city, world, plan)
    print(json.dumps(figures, ensure_ascii=False) if args.json else in_words(figures))
    return 0


def in_words(figures: Figures) -> str:
    """The main figures, a line each, and the worst classes of faults."""
    right, money = figures["accuracy"], figures
    rows = [
        (say("状态准确率（融合）", "state right, fused"), f"{right['fused']:.4%}"),
        (say("　有摄像机的泊位", "  where a camera sees"), f"{right['fused_with_camera']:.4%}"),
        (say("　仅地磁的泊位", "  with the sensor alone"), f"{right['fused_without_camera']:.4%}"),
        (
            say("仅地磁 / 仅摄像机", "sensors / cameras alone"),
            f"{right['geomagnetic']:.4%} / {right['camera']:.4%}",
        ),
        (say("未知状态占比", "unknown"), f"{right['unknown']:.4%}"),
        (say("停车 / 完全一致", "stays / exact"), f"{money['stays']:,} / {money['stays_exact']:,}"),
        (
            say("应收 / 已计（元）", "owed / billed (yuan)"),
            f"{money['owed_fen'] / 100:,.2f} / {money['billed_fen'] / 100:,.2f}",
        ),
        (
            say("多收 / 少收（元）", "over / under (yuan)"),
            f"{money['overcharged_fen'] / 100:,.2f} / {money['undercharged_fen'] / 100:,.2f}",
        ),
        (
            say("　其中有摄像机处多收", "  over where a camera sees"),
            f"{money['overcharged_with_camera_fen'] / 100:,.2f}",
        ),
        (say("幽灵停车 / 存疑暂缓", "ghosts / held"), f"{money['ghosts']:,} / {money['stays_held']:,}"),
        (say("错误的可执行违停", "wrong violations"), f"{money['wrong_violations']:,}"),
        (say("丢失的消息", "messages lost"), f"{money['lost']:,}"),
    ]
    return "\n".join(f"{name:<28}{figure}" for name, figure in rows)


def score(directory: Path, city: City, world: World, plan: Plan) -> Figures:
    """Play a city's streets, offices included, and hold everything against the truth."""
    book, rulebook = load_book(directory), load_rulebook(directory / "rules.toml")
    street, berth_ids = ScoredStreet(city), world.layout.berths.ids
    number = {berth_id: place for place, berth_id in enumerate(berth_ids)}
    kept = frozenset(judged_berths(city, rulebook))
    with (
        scratch_database() as url,
        closing(Offices(url, city, book, rulebook, plan.begin_at, kept)) as offices,
    ):
        played = play(street, world, plan, offices.watch)
        offices.turn(street, plan.until_at)
        accusations = list(offices.accusations(number.get))
        planted, withdrawn = offices.plant_corrections(street, PLANTED)
    case = Case.of(city, world, plan, played, Office.of(city, book))
    judged = Judged(
        offences=list(true_offences(case.truth, city, rulebook, berth_ids)),
        accusations=accusations,
        planted=planted,
        withdrawn=withdrawn,
    )
    return report(case, judged)


def part_of(city: City, share: int) -> City:
    """The city with only every `share`-th of its simulated sections, of those with and without cameras."""
    if share < 1:
        raise SetupError(f"--share must be 1 or more: {share}")
    watched = {camera.section_id for camera in city.cameras.values()}
    simulated = [section_id for section_id, section in city.sections.items() if section.simulated]
    seen, unseen = ([each for each in simulated if (each in watched) is has] for has in (True, False))
    chosen = {*seen[::share], *unseen[::share]}
    berths = {name: berth for name, berth in city.berths.items() if berth.section_id in chosen}
    cameras = {name: camera for name, camera in city.cameras.items() if camera.section_id in chosen}
    devices = {
        name: device
        for name, device in city.devices.items()
        if device.berth_id in berths or CameraId(name) in cameras or device.family in {"patrol", "payment"}
    }
    return replace(
        city,
        sections={name: section for name, section in city.sections.items() if name in chosen},
        berths=berths,
        cameras=cameras,
        devices=devices,
    )
