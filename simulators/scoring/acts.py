"""Violations against the offences that really happened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from simulators.scoring.timelines import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Offence:
    """What a vehicle really did; it can be known from `ripe_ms` on, when its grace is over."""

    rule: str
    berth: int
    plate: str
    from_ms: int
    ripe_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accusation:
    """One violation: `actionable` if it was told as such at any time, `stands` unless it was withdrawn."""

    rule: str
    berth: int
    plate: str
    since_ms: int
    until_ms: int
    actionable: bool
    stands: bool


@dataclass(slots=True, kw_only=True)
class RuleScore:
    """One rule: offences, how many were found and how; what was told, and how much of that is wrong.

    `wrong_plate` are those wrong actionable ones whose vehicle did break the rule, under another plate.
    """

    offences: int = 0
    found_actionable: int = 0
    found_lead: int = 0
    actionable: int = 0
    wrong_actionable: int = 0
    wrong_plate: int = 0
    leads: int = 0
    wrong_leads: int = 0
    withdrawn: int = 0

    @property
    def recall(self) -> float | None:
        """Share of offences that were found, as leads or actionable; None where there were none."""
        return (self.found_actionable + self.found_lead) / self.offences if self.offences else None

    @property
    def recall_actionable(self) -> float | None:
        """Share of offences that were found with two keys."""
        return self.found_actionable / self.offences if self.offences else None


def score_acts(
    offences: Sequence[Offence], accusations: Iterable[Accusation], window: Window
) -> tuple[dict[str, RuleScore], list[Accusation]]:
    """Figures by rule, and the wrong ones that were actionable at any time, withdrawn later or not.

    An accusation is right when the same plate, in the same berth and at some time of it, broke the same rule.
    """
    scores = {rule: RuleScore() for rule in sorted({each.rule for each in offences})}
    found: dict[int, bool] = {}
    wrong = []
    for told in accusations:
        score = scores.setdefault(told.rule, RuleScore())
        score.withdrawn += not told.stands
        row = _find(offences, told)
        if told.actionable:
            score.actionable += 1
            score.wrong_actionable += row is None
            score.wrong_plate += row is None and _find(offences, replace(told, plate="")) is not None
            wrong += [told] if row is None else []
        elif told.stands:
            score.leads += 1
            score.wrong_leads += row is None
        if row is not None and told.stands:
            found[row] = found.get(row, False) or told.actionable
    for row, offence in enumerate(offences):
        if window.from_ms <= offence.from_ms and offence.ripe_ms < window.until_ms:
            score = scores[offence.rule]
            score.offences += 1
            score.found_actionable += found.get(row) is True
            score.found_lead += found.get(row) is False
    return scores, wrong


def _find(offences: Sequence[Offence], told: Accusation) -> int | None:
    """Index of the offence that an accusation is about."""
    for row, each in enumerate(offences):
        is_same = each.rule == told.rule and each.berth == told.berth and told.plate in {"", each.plate}
        if is_same and each.from_ms <= told.until_ms and told.since_ms <= each.to_ms:
            return row
    return None
