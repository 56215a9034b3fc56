"""`citypark up`: everything on one machine, kept running until Ctrl-C."""

import argparse

from app.allinone import AllInOne, environment_given, make_plan, only_one
from app.language import say
from parking.plumbing.cityfiles import load_city
from parking.plumbing.runloop import stop_on_signals
from parking.plumbing.settings import load_settings

NAME = "up"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    text = say(
        "一键运行:数据库、消息服务器、各服务和模拟城市",
        "run everything: database, broker, services, simulated city",
    )
    parser = subparsers.add_parser(NAME, help=text, description=text)
    parser.add_argument(
        "--no-simulator", action="store_true", help=say("不运行模拟城市", "without the simulated city")
    )
    parser.add_argument(
        "simulate",
        nargs="*",
        metavar="ARG",
        help=say("传给 simulate 的参数(放在 -- 之后)", "passed to `simulate`, after --"),
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Start everything, print READY with the address, and tend it until stopped."""
    settings = load_settings()
    city = load_city(settings.city)
    with only_one(settings.home):
        plan = make_plan(settings, environment_given(), None if args.no_simulator else args.simulate)
        stop = stop_on_signals()
        platform = AllInOne(plan, city, stop)
        try:
            platform.start()
            print(f"READY {plan.http_url}", flush=True)
            while not stop.wait(0.2):
                platform.tend()
        finally:
            print(say("正在停止 …", "stopping …"), flush=True)
            platform.stop()
    print(say("已停止,数据保留", "stopped; the data is kept"), flush=True)
    return 0
