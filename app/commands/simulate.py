"""`citypark simulate`: a city with a known truth, which the platform sees only through MQTT."""

import argparse
import logging
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from app.language import say
from billing.tariff import load_calendar
from parking.city import City
from parking.errors import SetupError
from parking.plumbing.cityfiles import load_city
from parking.plumbing.health import Health, serve_health
from parking.plumbing.logs import set_up_logs
from parking.plumbing.runloop import run_service, stop_on_signals
from parking.plumbing.settings import load_settings
from parking.plumbing.systemclock import SystemClock
from simulators.calendar import Calendar
from simulators.days import World
from simulators.register import rights_table
from simulators.run import Run
from simulators.scenario import Scenario
from simulators.scenariofile import load_scenario
from simulators.service import SimulatorService

NAME = "simulate"

log = logging.getLogger(__name__)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    text = say(
        "模拟一座城市:司机、地磁、摄像机、巡查手持机和诱导屏",
        "simulate a city: drivers, sensors, cameras, patrols and signs",
    )
    parser = subparsers.add_parser(NAME, help=text, description=text)
    parser.add_argument(
        "--scenario",
        type=Path,
        metavar=say("文件", "FILE"),
        help=say("场景文件(TOML),默认无故障", "scenario file (TOML); default: nothing goes wrong"),
    )
    parser.add_argument(
        "--seed", type=int, default=1, help=say("随机种子,默认 1", "seed of chance, default 1")
    )
    instant = say("时间", "TIME")
    parser.add_argument(
        "--from",
        dest="from_at",
        metavar=instant,
        help=say("从何时开始,默认今日零点", "where to begin, default: midnight of today"),
    )
    parser.add_argument(
        "--until",
        dest="until_at",
        metavar=instant,
        help=say("到何时为止,默认一直实时运行", "where to end, default: go on live"),
    )
    _add_pace(parser)
    parser.add_argument(
        "--rights",
        type=Path,
        metavar=say("文件", "FILE"),
        help=say(
            "只写出模拟车辆的权益登记表（供 citypark rights import）",
            "only write who may use reserved berths, for `citypark rights import`",
        ),
    )
    parser.set_defaults(run=run)


def _add_pace(parser: argparse.ArgumentParser) -> None:
    """Add how fast a run goes and when it ends."""
    parser.add_argument(
        "--speed",
        default="max",
        help=say("时间倍速,或 max(尽快)", "event time over real time, or max (as fast as it is stored)"),
    )
    parser.add_argument(
        "--exit", action="store_true", help=say("全部入库后退出", "exit once everything is stored")
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=120.0,
        metavar=say("秒", "SECONDS"),
        help=say("配合 --exit:多久无进展即失败", "with --exit: fail after so long without progress"),
    )
    parser.add_argument(
        "--free-running",
        action="store_true",
        help=say("不等待 street 进程", "do not wait for a street process"),
    )


def run(args: argparse.Namespace) -> int:
    """Run until stopped, or until everything is stored."""
    settings, clock, health = load_settings(), SystemClock(), Health(NAME)
    set_up_logs(NAME, settings.log_level)
    # Publishing shares the interpreter with the network thread: fewer hand-overs, a fifth less CPU.
    sys.setswitchinterval(0.05)
    city = load_city(settings.city)
    if args.rights is not None:
        return _write_rights(args.rights, city)
    world = make_world(settings.city, city, args.scenario, args.seed)
    played = replace(read_run(args, city.timezone), signs=tuple(city.signs))
    log.info("starting", extra={"settings": settings.redacted(), "seed": args.seed, "run": played.name})
    stop = stop_on_signals()
    serve_health(health, settings.http_host, settings.health_port)
    run_service(lambda: SimulatorService(settings, clock, world, played, stop.set), health, stop)
    return 0


def make_world(directory: Path, city: City, scenario: Path | None, seed: int) -> World:
    """What is simulated: the city of this directory, with its holidays, in this scenario."""
    if seed < 0:
        raise SetupError(f"--seed must not be negative: {seed}")
    holidays = load_calendar(directory / "holidays.toml")
    return World.of(
        city,
        seed,
        load_scenario(scenario) if scenario else Scenario(),
        Calendar(holidays=frozenset(holidays.holidays), workdays=holidays.swapped),
    )


def read_run(args: argparse.Namespace, zone: ZoneInfo) -> Run:
    """What the arguments ask for; raises SetupError where they contradict each other."""
    from_at, until_at = _instant("--from", args.from_at, zone), _instant("--until", args.until_at, zone)
    if from_at and until_at and until_at <= from_at:
        raise SetupError(f"--until {args.until_at} must be later than --from {args.from_at}")
    if args.exit and until_at is None:
        raise SetupError("--exit needs --until: without it the simulation goes on for ever")
    return Run(
        from_at=from_at,
        until_at=until_at,
        speed=_speed(args.speed),
        exits=args.exit,
        listens=not args.free_running,
        patience=timedelta(seconds=args.timeout),
    )


def _write_rights(path: Path, city: City) -> int:
    try:
        path.write_text(rights_table(city), encoding="utf-8")
    except OSError as error:
        raise SetupError(f"--rights {path} cannot be written: {error.strerror}") from error
    return 0


def _instant(option: str, text: str | None, zone: ZoneInfo) -> datetime | None:
    """An instant such as 2026-11-23T08:00 in the city's time, or with an offset of its own."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise SetupError(
            f"{option} must be a time such as 2026-11-23T08:00 (the city's) or with an offset, not {text!r}"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise SetupError(f"--speed must be max or a number above 0, not {text!r}")
    return speed
