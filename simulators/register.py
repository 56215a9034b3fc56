"""Who may use the reserved berths of the simulated city, as an office would have put it on record."""

from collections.abc import Iterator
from datetime import date

import numpy as np

from parking.city import City
from parking.clock import day_span
from parking.rights import BERTH_NEEDS, Right
from parking.span import Span
from simulators.plates import REGIONS, Region, vehicles_of
from simulators.vehicles import HOLDERS_PER_BERTH

_FIRST, _LAST = date(2019, 9, 1), date(2099, 12, 31)
_REASON = "合成登记"


def registered_rights(city: City) -> Iterator[Right]:
    """Rights of the vehicles for which reserved berths are marked, valid on their road section."""
    span = Span(
        start_at=day_span(_FIRST, city.timezone).start_at, end_at=day_span(_LAST, city.timezone).end_at
    )
    for number, berth in enumerate(city.berths.values()):
        need = BERTH_NEEDS.get(berth.kind)
        if need is None:
            continue
        first = REGIONS[Region.HOLDER][0] + number * HOLDERS_PER_BERTH
        holders = vehicles_of(np.arange(first, first + HOLDERS_PER_BERTH, dtype=np.int64))
        for place, holder in enumerate(holders, start=1):
            yield Right(
                right_id=f"R-{berth.berth_id}-{place}",
                kind=need,
                plate=holder.plate,
                span=span,
                section_ids=frozenset({berth.section_id}),
                reason=_REASON,
            )


def rights_table(city: City) -> str:
    """The register as a CSV table that `citypark rights import` takes."""
    rows = (
        f"{right.right_id},{right.kind.value},{right.plate},{_FIRST},{_LAST},"
        f"{' '.join(sorted(right.section_ids))},{right.reason},"
        for right in registered_rights(city)
    )
    head = (
        f"# {city.notice}",
        f"# {city.notice_en}",
        "# citypark simulate --rights FILE",
        "right_id,kind,plate,from_on,to_on,sections,reason,document",
    )
    return "".join(f"{line}\n" for line in (*head, *rows))
