"""`citypark enforcement`: rules over stays and sightings, and word of it to webhooks."""

import argparse

from app.enforcing import run_enforcement
from app.language import say
from app.starting import start_process

NAME = "enforcement"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    text = say("按规则核查停放并发布违停线索", "apply the rules to stays and tell of violations")
    subparsers.add_parser(NAME, help=text, description=text).set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Run until stopped."""
    begun = start_process(NAME)
    run_enforcement(begun.settings, begun.city, begun.clock, begun.health, begun.stop)
    return 0
