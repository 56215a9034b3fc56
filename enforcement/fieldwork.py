"""What squads do at a berth, and when word of it is accepted. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from enforcement.cases.words import Actor, Refusal, Role
from enforcement.kinds import ViolationState

# Long enough to walk there; a squad on its way renews it.
LEASE: Final = timedelta(minutes=30)
# A hand-held may be without a network for half a shift and is then heard.
LATEST: Final = timedelta(hours=12)
# A hand-held's clock may run ahead by this.
AHEAD: Final = timedelta(minutes=2)


class FieldAction(StrEnum):
    """What a squad does."""

    CLAIM = "claim"  # also renews a claim of one's own
    RELEASE = "release"
    HAND_OVER = "hand_over"
    CONFIRMED = "confirmed"  # the vehicle stands there as told
    NOBODY_THERE = "nobody_there"
    MOVED = "moved"  # asked, the driver drove away
    SENSOR_FAULT = "sensor_fault"


CLAIMING: Final = frozenset({FieldAction.CLAIM, FieldAction.RELEASE, FieldAction.HAND_OVER})
# What was found on the spot speaks against the devices.
AGAINST: Final = frozenset({FieldAction.NOBODY_THERE, FieldAction.SENSOR_FAULT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A squad's lease of a violation, half-open in time."""

    actor_id: str
    from_at: datetime
    until_at: datetime

    def holds(self, at: datetime) -> bool:
        """Whether the squad was on its way at that moment."""
        return self.from_at <= at < self.until_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One action as a hand-held sends it; `key` is the hand-held's own and the same at every try."""

    key: str
    action: FieldAction
    acted_at: datetime
    to_actor_id: str | None = None
    note: str = ""


def check(
    actor: Actor, report: Report, state: ViolationState, claims: list[Claim], now: datetime
) -> Refusal | None:
    """Why an action is not accepted, None where it is.

    Claiming needs a network. A finding may arrive late; it counts unless somebody else held the claim when
    it was made.
    """
    if actor.role not in {Role.OPERATOR, Role.OFFICER}:
        return Refusal(reason="wrong_role", detail=f"{actor.role} does no field work")
    if report.acted_at > now + AHEAD:
        return Refusal(reason="in_future", detail="the action lies in the future: set the hand-held's clock")
    if report.acted_at < now - LATEST:
        return Refusal(reason="too_late", detail=f"the action is older than {LATEST}")
    if report.action in CLAIMING:
        return _check_claiming(actor, report, state, claims, now)
    others = any(claim.actor_id != actor.actor_id and claim.holds(report.acted_at) for claim in claims)
    return Refusal(reason="claimed", detail="somebody else was on the way then") if others else None


def _check_claiming(
    actor: Actor, report: Report, state: ViolationState, claims: list[Claim], now: datetime
) -> Refusal | None:
    holder = next((claim.actor_id for claim in claims if claim.holds(now)), None)
    if report.action is FieldAction.CLAIM:
        if state is ViolationState.WITHDRAWN:
            return Refusal(reason="withdrawn", detail="the violation was withdrawn: nobody needs to go there")
        if holder not in {None, actor.actor_id}:
            return Refusal(reason="claimed", detail="somebody else is on the way")
        return None
    if holder != actor.actor_id:
        return Refusal(reason="not_claimed", detail="the violation is not claimed by you")
    if report.action is FieldAction.HAND_OVER and not report.to_actor_id:
        return Refusal(reason="to_nobody", detail="name who takes over")
    return None
