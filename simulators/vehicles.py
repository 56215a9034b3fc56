"""Which vehicle stands in each stay: regulars of a street, townspeople, residents, holders of rights.

A vehicle is at one place at a time. Who holds a right is a fact of the city, not of the seed, so that the
rights can stand in a file.
"""

from dataclasses import replace

import numpy as np

from parking.city import BerthKind
from parking.rights import BERTH_NEEDS
from simulators.calendar import Day
from simulators.draws import Draws, Flags, Floats, Ints
from simulators.drivers import SLOTS
from simulators.layout import KINDS, Berths
from simulators.plates import REGIONS, Region, is_electric
from simulators.scenario import Demand
from simulators.stays import StayFlag, Stays

HOLDERS_PER_BERTH = 4
_RESIDENTS_PER_BERTH, _ELECTRIC_PER_BERTH = 3, 11
_LOCALS_PER_BERTH = 6
# Regulars of a road section are drawn from one block of so many local vehicles.
_BLOCK = 150
_REGULAR_SHARE, _VISITOR_SHARE, _SERVICE_SHARE = 0.55, 0.07, 0.004
# A vehicle needs this long from one berth to the next.
_ON_THE_WAY_MS = 240_000


def assign_vehicles(stays: Stays, berths: Berths, draws: Draws, demand: Demand, day: Day) -> Stays:
    """Give each stay its vehicle and mark those that have no right to their berth."""
    began = np.where(stays.flags & StayFlag.CARRIED, day.number - 1, day.number)
    overnight = (stays.flags & StayFlag.OVERNIGHT) > 0
    resident = _member(Region.RESIDENT, _RESIDENTS_PER_BERTH, stays, berths, draws, began)
    who = np.where(overnight, resident, _anybody(stays, berths, draws, began))
    entitled = _entitled(stays, berths, draws, began)
    reserved = entitled >= 0
    share = _no_right_shares(berths, demand)[stays.berth]
    intruder = reserved & draws.chance(share, "intruder", berths.key[stays.berth], began, stays.slot)
    who = np.where(reserved & ~intruder, entitled, who)
    bound = overnight | (reserved & ~intruder)
    who = _one_place_at_a_time(who, stays, _stranger(stays, berths, began), bound)
    charging = berths.of_kind(BerthKind.CHARGING)[stays.berth]
    wrong = intruder & ~(charging & is_electric(who))
    return replace(stays, vehicle=who, flags=stays.flags | np.where(wrong, int(StayFlag.NO_RIGHT), 0))


def _member(region: Region, per_berth: int, stays: Stays, berths: Berths, draws: Draws, began: Ints) -> Ints:
    """One of the few vehicles of the region that belong to the berth and never park elsewhere."""
    first, size = REGIONS[region]
    which = draws.below(per_berth, f"member {region}", berths.key[stays.berth], began, stays.slot)
    return first + (berths.number[stays.berth] * per_berth + which) % size


def _stranger(stays: Stays, berths: Berths, began: Ints) -> Ints:
    """A visitor who parks once on the day: another number for every stay."""
    first, size = REGIONS[Region.VISITOR]
    return first + (berths.number[stays.berth] * (SLOTS + 1) + stays.slot + began * 7919) % size


def _anybody(stays: Stays, berths: Berths, draws: Draws, began: Ints) -> Ints:
    """Regulars of the section, locals from all over town, visitors, and vehicles on duty."""
    keys = (berths.key[stays.berth], began, stays.slot)
    pool = min(REGIONS[Region.LOCAL][1], _LOCALS_PER_BERTH * (1 + int(berths.number.max(initial=0))))
    blocks = max(1, pool // _BLOCK)
    block = draws.below(blocks, "block", berths.section_key)[stays.berth]
    regular = block * _BLOCK + draws.below(_BLOCK, "regular", *keys)
    local = np.where(
        draws.chance(_REGULAR_SHARE, "is regular", *keys), regular, draws.below(pool, "local", *keys)
    )
    first, size = REGIONS[Region.SERVICE]
    service = first + draws.below(size, "service", *keys)
    kind = draws.uniform("who", *keys)
    who = np.where(kind < _VISITOR_SHARE, _stranger(stays, berths, began), REGIONS[Region.LOCAL][0] + local)
    return np.where(kind >= 1 - _SERVICE_SHARE, service, who)


def _entitled(stays: Stays, berths: Berths, draws: Draws, began: Ints) -> Ints:
    """A vehicle that has a right to the berth, -1 where the berth is for everybody."""
    holder = _member(Region.HOLDER, HOLDERS_PER_BERTH, stays, berths, draws, began)
    electric = _member(Region.ELECTRIC, _ELECTRIC_PER_BERTH, stays, berths, draws, began)
    needs = np.isin(berths.kind, [KINDS.index(kind) for kind in BERTH_NEEDS])[stays.berth]
    charging = berths.of_kind(BerthKind.CHARGING)[stays.berth]
    return np.where(charging, electric, np.where(needs, holder, -1))


def _no_right_shares(berths: Berths, demand: Demand) -> Floats:
    shares = np.zeros(len(KINDS))
    for kind, use in demand.kinds.items():
        shares[KINDS.index(kind)] = use.no_right_share
    return shares[berths.kind]


def _one_place_at_a_time(who: Ints, stays: Stays, stranger: Ints, bound: Flags) -> Ints:
    """Put a stranger into each stay whose vehicle still stands elsewhere, or could not have come so soon."""
    order = np.lexsort((stays.arrive_ms, who))
    base = int(stays.arrive_ms.min(initial=0)) if len(order) else 0
    width = int(stays.depart_ms.max(initial=0)) + _ON_THE_WAY_MS - base + 1
    group = np.cumsum(np.diff(who[order], prepend=-1) != 0)
    gone = np.maximum.accumulate(group * width + (stays.depart_ms[order] + _ON_THE_WAY_MS - base))
    clash = np.zeros(len(order), dtype=np.bool_)
    clash[1:] = (group[1:] * width + (stays.arrive_ms[order][1:] - base)) < gone[:-1]
    clashes = np.zeros(len(order), dtype=np.bool_)
    clashes[order] = clash
    return np.where(clashes & ~bound, stranger, who)
