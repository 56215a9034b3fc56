"""The truth of a day as lines of JSON: every stay, and everything that went wrong with its evidence."""

import json
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from simulators.days import SimulatedDay
from simulators.layout import Layout
from simulators.messages import InstantText
from simulators.stays import StayFlag


def stay_lines(simulated: SimulatedDay, layout: Layout, zone: ZoneInfo) -> Iterator[str]:
    """One line for each stay that touches the day, in the order of the berths."""
    stays, instant = simulated.stays, InstantText(zone)
    rows = zip(
        stays.berth.tolist(),
        stays.arrive_ms.tolist(),
        stays.depart_ms.tolist(),
        stays.flags.tolist(),
        simulated.vehicles,
        strict=False,  # misread plates follow behind those of the stays
    )
    for berth, arrive_ms, depart_ms, flags, vehicle in rows:
        yield json.dumps(
            {
                "berth": layout.berths.ids[berth],
                "arrive_at": instant(arrive_ms),
                "depart_at": instant(depart_ms),
                "plate": vehicle.plate,
                "plate_colour": vehicle.colour,
                "energy": vehicle.energy.value,
                "flags": [str(flag.name).lower() for flag in StayFlag if flags & flag],
            },
            ensure_ascii=False,
        )
