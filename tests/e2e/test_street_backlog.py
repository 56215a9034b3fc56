"""Held-back messages of an hour change no stay and no bill: a small case of `citypark bench backlog`."""

import pytest

from app.bench.backlog import measure_backlog
from app.bench.stack import running_stack

pytestmark = [pytest.mark.e2e, pytest.mark.database, pytest.mark.broker]

DEVICES = 200


def test_backlog_of_an_hour_is_billed_as_if_nothing_had_happened() -> None:
    with running_stack(DEVICES, "embedded") as stack:
        figures = measure_backlog(stack, DEVICES)

    assert figures["messages"] > 2 * DEVICES
    assert (figures["rejected"], figures["out_of_order"]) == (0, 0)
    for kind in ("transitions", "stays", "charges"):
        assert figures[kind] > DEVICES / 4
        assert figures[f"{kind}_differing"] == 0
