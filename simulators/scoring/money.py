"""What was billed against what was owed, in fen.

Every bill is one driver's: of the true stay with the plate on the bill, else of the one that it covers
longest. Over-charged is what a driver's bills exceed what his stay costs; where no stay was, the whole bill.
Under-charged is what they fall short of it. Stays that are not wholly within the window are left out, with
the bills that are theirs, and so are stays that the platform still takes for running at its end.

A bill without a plate is nobody's yet: it is compared with what the stay costs an unknown small car, and
`unidentified_fen` says how much less the true vehicle would owe (new-energy vehicles pay half). A bill to a
plate that was not there is counted in `wrong_plate_fen` besides, whatever its amount.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from simulators.scoring.timelines import Window
from simulators.scoring.truth import Truth

# What the stay at this index costs; `named` tells whether the bill's vehicle was known by its plate.
Cost = Callable[[int, bool], int]

# Bills that end as they should, and what else can become of them.
FAITHFUL: Final = "faithful"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One stay as the platform believes it: charged span, amount, plate (empty where none was read).

    `held` is not charged, `running` not yet; both have no amount. `withheld_fen` is what a sensor alone would
    have charged besides, and no plate proves.
    """

    berth: int
    from_ms: int
    to_ms: int
    fen: int
    plate: str
    held: bool
    running: bool
    withheld_fen: int = 0


@dataclass(slots=True, kw_only=True)
class Money:
    """Sums over the window; `over_by_stay` and `over_ghosts` say where too much was charged."""

    stays: int = 0
    exact: int = 0
    owed_fen: int = 0
    billed_fen: int = 0
    over_fen: int = 0
    over_with_camera_fen: int = 0
    billed_with_camera_fen: int = 0
    under_fen: int = 0
    under_held_fen: int = 0
    wrong_plate_fen: int = 0
    unidentified_fen: int = 0
    ghosts: int = 0
    held: int = 0
    running: int = 0
    withheld: int = 0
    withheld_fen: int = 0
    over: list["Excess"] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """Money charged beyond what was owed: where, for which stretch of time."""

    berth: int
    from_ms: int
    to_ms: int
    fen: int
    ghost: bool


def score_money(
    truth: Truth, claims: Iterable[Claim], cost: Cost, cameras: Sequence[bool], window: Window
) -> Money:
    """Match claims to true stays and sum up. `cost` prices a true stay with its true vehicle."""
    money = Money()
    by_stay: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims:
        row = _whose(truth, claim)
        if claim.withheld_fen and window.from_ms <= claim.from_ms and claim.to_ms < window.until_ms:
            money.withheld += 1
            money.withheld_fen += claim.withheld_fen
        if row is not None:
            by_stay[row].append(claim)
        elif claim.from_ms >= window.from_ms and not claim.running:
            _count_ghost(money, claim, cameras[claim.berth])
    stays = truth.stays
    for row in range(len(stays)):
        if stays.arrive_ms[row] >= window.from_ms and stays.depart_ms[row] < window.until_ms:
            _settle(money, truth, row, by_stay.get(row, []), cost, cameras[int(stays.berth[row])])
    return money


def _whose(truth: Truth, claim: Claim) -> int | None:
    """Index of the true stay that a claim is about, None where no vehicle was."""
    best: tuple[bool, int, int] | None = None
    stays = truth.stays
    for row in truth.rows_of(claim.berth):
        shared = min(int(stays.depart_ms[row]), claim.to_ms) - max(int(stays.arrive_ms[row]), claim.from_ms)
        # A stay of no length still lies within the one in which it was seen.
        if shared > 0 or (shared == 0 and claim.from_ms == claim.to_ms):
            ranked = (bool(claim.plate) and truth.vehicles[row].plate == claim.plate, shared, -row)
            best = ranked if best is None else max(best, ranked)
    return None if best is None else -best[2]


def _count_ghost(money: Money, claim: Claim, camera: bool) -> None:  # noqa: FBT001  whether one sees the berth
    if claim.held:
        money.held += 1
        return
    money.ghosts += 1
    _charge(money, claim.fen, camera)
    _exceed(money, claim, claim.fen, camera, ghost=True)


def _settle(
    money: Money,
    truth: Truth,
    row: int,
    claims: Sequence[Claim],
    cost: Cost,
    camera: bool,  # noqa: FBT001  whether one sees the berth
) -> None:
    """One true stay and all that was claimed of it."""
    standing = Counter(_standing(claim) for claim in claims)
    money.stays += 1
    money.held += standing["held"]
    money.running += standing["running"]
    bills = [claim for claim in claims if _standing(claim) == FAITHFUL]
    if standing["running"]:
        return
    plate = truth.vehicles[row].plate
    named = any(bill.plate for bill in bills) if bills else True
    owed, billed = cost(row, named), sum(bill.fen for bill in bills)
    money.owed_fen += owed
    money.wrong_plate_fen += sum(bill.fen for bill in bills if bill.plate not in {"", plate})
    money.unidentified_fen += 0 if named else max(0, billed - cost(row, True))
    money.exact += billed == owed
    _charge(money, billed, camera)
    if billed > owed:
        _exceed(money, max(bills, key=lambda bill: bill.fen), billed - owed, camera, ghost=False)
    money.under_fen += max(0, owed - billed)
    money.under_held_fen += max(0, owed - billed) if standing["held"] else 0


def _standing(claim: Claim) -> str:
    if claim.held:
        return "held"
    return "running" if claim.running else FAITHFUL


def _charge(money: Money, fen: int, camera: bool) -> None:  # noqa: FBT001  whether one sees the berth
    money.billed_fen += fen
    money.billed_with_camera_fen += fen if camera else 0


def _exceed(money: Money, bill: Claim, fen: int, camera: bool, *, ghost: bool) -> None:  # noqa: FBT001  as above
    money.over_fen += fen
    money.over_with_camera_fen += fen if camera else 0
    if fen:
        money.over.append(
            Excess(berth=bill.berth, from_ms=bill.from_ms, to_ms=bill.to_ms, fen=fen, ghost=ghost)
        )
