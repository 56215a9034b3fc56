"""`citypark bench NAME --json`: figures of this machine, as ratios within one run where it is noisy."""

import argparse
import importlib
from typing import cast

from app.language import say
from app.main import Command

NAME = "bench"

# Modules app.commands.bench_<name>.
BENCHES = (
    "occupancy", "rating", "month", "api", "pipeline", "faults", "backlog", "guidance", "signs", "feed",
)  # fmt: skip


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command with all benches."""
    text = say("在本机测量性能", "measure performance on this machine")
    parser = subparsers.add_parser(NAME, help=text, description=text)
    benches = parser.add_subparsers(dest="bench", required=True, metavar=say("项目", "BENCH"))
    for name in BENCHES:
        cast("Command", importlib.import_module(f"app.commands.bench_{name}")).add_parser(benches)
