"""What really was against the rules, from the truth of the street."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from enforcement.rule import Rule, RuleKind
from enforcement.rulebook import Rulebook
from parking.city import Berth, City
from parking.clock import local_day
from parking.ids import BerthId
from parking.plates import find_plate
from simulators.scoring.acts import Accusation, Offence
from simulators.scoring.truth import Truth
from simulators.stays import StayFlag


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Accusations of a run, and what really happened; corrections that were planted, and what they undid."""

    offences: Sequence[Offence] = ()
    accusations: Sequence[Accusation] = ()
    planted: int = 0
    withdrawn: int = 0


def true_offences(
    truth: Truth, city: City, rulebook: Rulebook, berth_ids: Sequence[BerthId]
) -> Iterator[Offence]:
    """Stays that broke a rule for longer than its patience."""
    stays = truth.stays
    for row, flags in enumerate(stays.flags.tolist()):
        if not flags & (StayFlag.OVERSTAY | StayFlag.NO_RIGHT):
            continue
        vehicle, berth = truth.vehicles[row], city.berths[berth_ids[int(stays.berth[row])]]
        parsed = find_plate(vehicle.plate)
        if parsed is None or parsed.kind in rulebook.excused:
            continue
        arrive_ms, depart_ms = int(stays.arrive_ms[row]), int(stays.depart_ms[row])
        on = local_day(datetime.fromtimestamp(arrive_ms / 1000, UTC), city.timezone)
        for rule in rulebook.applying(berth, on):
            ripe_ms = arrive_ms + round(rule.proof_needed(berth).total_seconds() * 1000)
            if _is_broken(rule, berth, flags) and ripe_ms < depart_ms:
                yield Offence(
                    rule=rule.rule_id,
                    berth=int(stays.berth[row]),
                    plate=vehicle.plate,
                    from_ms=arrive_ms,
                    ripe_ms=ripe_ms,
                    to_ms=depart_ms,
                )


def _is_broken(rule: Rule, berth: Berth, flags: int) -> bool:
    if rule.kind is RuleKind.OVERSTAY:
        return bool(flags & StayFlag.OVERSTAY)
    return (
        rule.kind is RuleKind.NO_RIGHT and berth.kind in rule.berth_kinds and bool(flags & StayFlag.NO_RIGHT)
    )
