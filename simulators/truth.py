"""The truth of a day as lines of JSON: every stay, and everything that went wrong with its evidence."""

import json
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from simulators.days import SimulatedDay
from simulators.faults.mishaps import Fault
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


def fault_lines(simulated: SimulatedDay, layout: Layout, zone: ZoneInfo) -> Iterator[str]:
    """One line for each fault of the day, by its begin; no berth means all that the device sees."""
    mishaps, instant = simulated.mishaps, InstantText(zone)
    rows = zip(
        mishaps.fault.tolist(),
        mishaps.device.tolist(),
        mishaps.berth.tolist(),
        mishaps.from_ms.tolist(),
        mishaps.to_ms.tolist(),
        strict=True,
    )
    for fault, device, berth, from_ms, to_ms in rows:
        yield json.dumps(
            {
                "fault": Fault(fault).name.lower(),
                "device": layout.devices.ids[device],
                "berth": layout.berths.ids[berth] if berth >= 0 else None,
                "from": instant(from_ms),
                "to": instant(to_ms),
            },
            ensure_ascii=False,
        )
