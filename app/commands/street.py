"""`citypark street`: ingest and occupancy in one process."""

import argparse

from app.language import say
from app.starting import start_process
from app.street import Street
from parking.plumbing.runloop import run_service

NAME = "street"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    text = say("接收设备消息并判断泊位状态", "take in device messages and decide berth states")
    subparsers.add_parser(NAME, help=text, description=text).set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Run until stopped."""
    begun = start_process(NAME)
    run_service(
        lambda: Street(begun.settings, begun.city, begun.clock, begun.health), begun.health, begun.stop
    )
    return 0
