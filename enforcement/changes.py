"""What changes in the book of violations when a berth is judged anew: stored and found in, steps out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from enforcement.kinds import Violation, ViolationEvent, ViolationState, WithdrawReason
from parking.ids import ViolationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A violation as it is to be stored. `event` is None where only the evidence grew."""

    violation: Violation
    event: ViolationEvent | None
    reason: WithdrawReason | None = None


def find_changes(
    stored: Mapping[ViolationId, Violation],
    found: Iterable[Violation],
    reason_of: Callable[[Violation], WithdrawReason],
) -> list[Change]:
    """Compare all that is stored of the judged acts with all that was found, in the order of ids.

    What is stored and was not found again is withdrawn; judging twice changes nothing.
    """
    by_id = {each.violation_id: each for each in found}
    changes = [*_kept(stored, by_id), *_withdrawn(stored, by_id, reason_of)]
    return sorted(changes, key=lambda change: change.violation.violation_id)


def _kept(
    stored: Mapping[ViolationId, Violation], found: Mapping[ViolationId, Violation]
) -> Iterator[Change]:
    for name, new in found.items():
        old = stored.get(name)
        if old is None:
            yield Change(violation=new, event=ViolationEvent.DETECTED)
            continue
        kept = replace(new, detected_at=old.detected_at)
        if kept != old:
            yield Change(violation=kept, event=_event(old, kept))


def _withdrawn(
    stored: Mapping[ViolationId, Violation],
    found: Mapping[ViolationId, Violation],
    reason_of: Callable[[Violation], WithdrawReason],
) -> Iterator[Change]:
    for name, old in stored.items():
        if name not in found and old.state is not ViolationState.WITHDRAWN:
            yield Change(
                violation=replace(old, state=ViolationState.WITHDRAWN),
                event=ViolationEvent.WITHDRAWN,
                reason=reason_of(old),
            )


def _event(old: Violation, new: Violation) -> ViolationEvent | None:
    if old.state is ViolationState.WITHDRAWN:
        return ViolationEvent.REINSTATED
    if old.state is not new.state:
        upgraded = new.state is ViolationState.ACTIONABLE
        return ViolationEvent.UPGRADED if upgraded else ViolationEvent.DOWNGRADED
    told = (old.plate, old.stay_id, old.doubts) != (new.plate, new.stay_id, new.doubts)
    return ViolationEvent.AMENDED if told else None
