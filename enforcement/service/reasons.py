"""Why a violation no longer holds, from what is known now."""

from collections.abc import Collection, Iterable, Sequence

from enforcement.drafting import Bench, is_exempt
from enforcement.kinds import Stay, StayState, Violation, WithdrawReason
from enforcement.rule import RuleKind
from parking.city import City
from parking.ids import ViolationId
from parking.rights import BERTH_NEEDS

_BY_STATE = {StayState.VOID: WithdrawReason.STAY_VOID, StayState.HELD: WithdrawReason.STAY_HELD}


class Reasons:
    """Tells the reason of each withdrawal. `untrusted` are acts for which only quarantined devices speak."""

    def __init__(
        self, bench: Bench, city: City, stays: Iterable[Sequence[Stay]], untrusted: Collection[ViolationId]
    ) -> None:
        self._bench, self._city, self._untrusted = bench, city, untrusted
        self._stays = {stay.stay_id: stay for around in stays for stay in around}
        self._kinds = {rule.rule_id: rule.kind for rule in bench.rulebook.rules}

    def __call__(self, violation: Violation) -> WithdrawReason:
        """Return the nearest reason that holds."""
        stay = self._stays.get(violation.stay_id) if violation.stay_id is not None else None
        if violation.violation_id in self._untrusted:
            return WithdrawReason.DEVICE_FAULT
        if stay is not None and stay.state in _BY_STATE:
            return _BY_STATE[stay.state]
        if self._has_right(violation):
            return WithdrawReason.RIGHT
        if self._kinds.get(violation.rule_id) is RuleKind.ARREARS and stay is not None:
            return WithdrawReason.PAID
        if violation.stay_id is None and not violation.observed:
            return WithdrawReason.MERGED
        return WithdrawReason.NOT_PROVEN

    def _has_right(self, violation: Violation) -> bool:
        if violation.plate is None:
            return False
        if is_exempt(self._bench, violation.plate, violation.section_id, violation.since_at):
            return True
        berth = self._city.berths.get(violation.berth_id) if violation.berth_id is not None else None
        needed = BERTH_NEEDS.get(berth.kind) if berth is not None else None
        if needed is None or self._kinds.get(violation.rule_id) is not RuleKind.NO_RIGHT:
            return False
        at = violation.since_at
        return self._bench.rights.find_right(violation.plate, needed, violation.section_id, at) is not None
