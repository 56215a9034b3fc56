"""`citypark bench signs`: how honest signs are over a simulated day, with and without looking ahead."""

import argparse
import json
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.bench.signday import SignDay
from app.commands.score import part_of
from app.commands.simulate import make_world
from app.language import say
from app.scoring.street import Plan, ScoredStreet, play
from guidance.honesty import Honesty, total
from parking.city import City
from parking.errors import SetupError
from parking.plumbing.cityfiles import load_city
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock
from parking.span import Span

NAME = "signs"

WARM_UP = timedelta(hours=2)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the bench."""
    text = say("诱导屏在模拟日中的诚实度", "sign honesty over a simulated day")
    parser = subparsers.add_parser(NAME, help=text, description=text)
    parser.add_argument("--scenario", type=Path, required=True, help=say("场景文件", "scenario file"))
    parser.add_argument("--seed", type=int, default=1, help=say("随机种子", "seed of chance"))
    text = say("起始，当地时间", "begin, local time")
    parser.add_argument("--from", dest="from_at", default="2026-11-24T00:00", metavar="TIME", help=text)
    parser.add_argument("--hours", type=float, default=24.0, help=say("时长", "hours"))
    text = say("此前学习多少天", "days to learn from before it")
    parser.add_argument("--history-days", type=int, default=14, help=text)
    text = say("只用每第 N 个路段", "play only every N-th road section")
    parser.add_argument("--share", type=int, default=1, help=text)
    parser.add_argument("--step", type=float, default=10.0, help=say("每步秒数", "seconds of a step"))
    parser.add_argument("--json", action="store_true", help=say("以 JSON 输出", "print JSON"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Play, score, print."""
    if args.hours <= 0 or args.step <= 0 or args.history_days < 1:
        raise SetupError(
            say(
                "--hours、--step 和 --history-days 必须大于 0",
                "--hours, --step and --history-days are above 0",
            )
        )
    settings = load_settings()
    city = _part(load_city(settings.city), args.share)
    world = make_world(settings.city, city, args.scenario, args.seed)
    from_at = _instant(args.from_at).replace(tzinfo=city.timezone)
    plan = Plan(
        begin_at=from_at - WARM_UP,
        from_at=from_at,
        until_at=from_at + timedelta(hours=args.hours),
        step=timedelta(seconds=args.step),
    )
    signs = SignDay(city, world, SystemClock(), from_at, args.history_days)
    played = play(ScoredStreet(city), world, plan, signs.watch)
    scores = signs.scores(world, played, Span(start_at=plan.from_at, end_at=plan.until_at))
    bodies = {way: _bodies(levels) for way, levels in scores.items()}
    if args.json:
        print(json.dumps(bodies))
        return 0
    for way, levels in bodies.items():
        for level, body in levels.items():
            print(f"{way:<8} {level:<4} " + "  ".join(f"{name} {value}" for name, value in body.items()))
    return 0


def _part(city: City, share: int) -> City:
    """The city with only some of its sections, and the signs that speak of them."""
    if share == 1:
        return city
    part = part_of(city, share)
    signs = {}
    for sign in city.signs.values():
        named = [
            replace(row, section_ids=tuple(each for each in row.section_ids if each in part.sections))
            for row in sign.rows
        ]
        rows = tuple(row for row in named if row.section_ids)
        if rows:
            signs[sign.sign_id] = replace(sign, rows=rows)
    return replace(part, signs=signs)


def _bodies(levels: dict[int, Honesty]) -> dict[str, dict[str, Any]]:
    named = {str(level): score for level, score in sorted(levels.items())} | {"all": total(levels)}
    return {
        name: {"score": None if score.score is None else round(score.score, 4), "told": score.told}
        | asdict(score)
        for name, score in named.items()
    }


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise SetupError(
            say(f"不是时间：{text!r}，应如 2026-11-24T00:00", f"not a time like 2026-11-24T00:00: {text!r}")
        ) from error
