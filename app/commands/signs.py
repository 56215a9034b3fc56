"""`citypark signs honesty`: what drivers found against what signs had shown."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.language import say
from guidance.honesty import Honesty, free_by_section, score_signs, total
from guidance.store.signlog import list_shown
from parking.errors import SourceError
from parking.ids import BerthId
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import connect, transaction
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock
from parking.span import Span, require_utc

NAME = "signs"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    text = say("诱导屏诚实度评分", "how honest the signs were")
    parser = subparsers.add_parser(NAME, help=text, description=text)
    actions = parser.add_subparsers(dest="action", required=True, metavar=say("操作", "ACTION"))
    text = say(
        "把诱导屏显示过的内容与真实停放对照(真值文件见 simulators/README.md)",
        "compare what signs showed with the stays that really were (a truth file of the simulator)",
    )
    honesty = actions.add_parser("honesty", help=text, description=text)
    honesty.add_argument("--truth", type=Path, nargs="+", required=True, metavar="FILE")
    honesty.add_argument("--from", dest="start", type=_instant, help=say("起始时刻", "begin, ISO 8601"))
    honesty.add_argument("--until", dest="end", type=_instant, help=say("结束时刻", "end, ISO 8601"))
    honesty.add_argument("--json", action="store_true", help=say("输出 JSON", "print JSON"))
    honesty.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the score; without bounds, of the last hour."""
    settings = load_settings()
    city = load_city(settings.city)
    end = args.end or SystemClock().now()
    window = Span(start_at=args.start or end - timedelta(hours=1), end_at=end)
    with connect(settings.database_url, "signs") as connection, transaction(connection):
        frames = list_shown(connection, window)
    stays = (stay for path in args.truth for stay in read_truth(path))
    scores = score_signs(city, frames, free_by_section(city, stays, window), window)
    bodies = {str(level): _body(score) for level, score in sorted(scores.items())}
    print(_report({**bodies, "all": _body(total(scores))}, as_json=args.json))
    return 0


def read_truth(path: Path) -> Iterator[tuple[BerthId, Span]]:
    """Stays of a truth file: JSON lines with `berth`, `arrive_at`, `depart_at`; more is passed over."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SourceError(path, 1, f"a truth file that can be read ({error.strerror})") from error
    for number, line in enumerate(lines, start=1):
        try:
            body = json.loads(line)
            start, end = (datetime.fromisoformat(body[name]) for name in ("arrive_at", "depart_at"))
            yield BerthId(body["berth"]), Span(start_at=require_utc(start), end_at=require_utc(end))
        except (ValueError, KeyError, TypeError) as error:
            expected = "a JSON object with berth, arrive_at and depart_at (aware ISO 8601)"
            raise SourceError(path, number, f"{expected}: {error}") from error


def _instant(text: str) -> datetime:
    try:
        return require_utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 2026-11-23T08:00+08:00") from error


def _body(score: Honesty) -> dict[str, Any]:
    rounded = None if score.score is None else round(score.score, 4)
    return {"score": rounded, "told": score.told, **asdict(score)}


def _report(bodies: dict[str, dict[str, Any]], *, as_json: bool) -> str:
    if as_json:
        return json.dumps(bodies)
    names = list(next(iter(bodies.values())))
    head = "".join(f"{name:>12}" for name in (say("级别", "level"), *names))
    rows = ["".join(f"{value!s:>12}" for value in (level, *body.values())) for level, body in bodies.items()]
    return "\n".join([head, *rows])
