"""When a squad's action counts."""

from datetime import timedelta

import pytest

from enforcement.cases.words import Actor, Role
from enforcement.fieldwork import LATEST, Claim, FieldAction, Report, check
from enforcement.kinds import ViolationState
from tests.support.enforcement import minute

ONE = Actor(actor_id="G-1", role=Role.OPERATOR)
OTHER = Actor(actor_id="O-1", role=Role.OFFICER, certificate_no="42-001")
MINE = Claim(actor_id="G-1", from_at=minute(0), until_at=minute(30))
FINDINGS = [
    FieldAction.CONFIRMED, FieldAction.NOBODY_THERE, FieldAction.MOVED, FieldAction.SENSOR_FAULT,
]  # fmt: skip


def reason(
    actor: Actor,
    action: FieldAction,
    claims: list[Claim],
    *,
    acted: float = 10,
    now: float = 10,
    state: ViolationState = ViolationState.LEAD,
    to: str | None = None,
) -> str | None:
    report = Report(key="k", action=action, acted_at=minute(acted), to_actor_id=to)
    refusal = check(actor, report, state, claims, minute(now))
    return refusal.reason if refusal else None


def test_one_squad_at_a_time() -> None:
    assert reason(ONE, FieldAction.CLAIM, []) is None
    assert reason(ONE, FieldAction.CLAIM, [MINE]) is None
    assert reason(OTHER, FieldAction.CLAIM, [MINE]) == "claimed"
    assert reason(OTHER, FieldAction.CLAIM, [MINE], now=30, acted=30) is None


def test_only_the_holder_lets_go_or_hands_over() -> None:
    for action in (FieldAction.RELEASE, FieldAction.HAND_OVER):
        assert reason(OTHER, action, [MINE], to="X") == "not_claimed"
        assert reason(ONE, action, [], to="X") == "not_claimed"
        assert reason(ONE, action, [MINE], now=31, to="X") == "not_claimed"
        assert reason(ONE, action, [MINE], to="X") is None
    assert reason(ONE, FieldAction.HAND_OVER, [MINE]) == "to_nobody"


def test_nobody_is_sent_to_a_withdrawn_violation() -> None:
    assert reason(ONE, FieldAction.CLAIM, [], state=ViolationState.WITHDRAWN) == "withdrawn"


@pytest.mark.parametrize("action", FINDINGS)
def test_a_finding_counts_hours_later_as_of_when_it_was_made(action: FieldAction) -> None:
    hours = 6 * 60
    assert reason(ONE, action, [MINE], now=hours) is None
    assert reason(ONE, action, [], now=hours) is None
    assert reason(OTHER, action, [MINE], now=hours) == "claimed"
    assert reason(OTHER, action, [MINE], now=hours, acted=31) is None
    assert reason(ONE, action, [MINE], state=ViolationState.WITHDRAWN) is None


def test_too_late_and_too_early() -> None:
    after = LATEST / timedelta(minutes=1) + 10
    assert reason(ONE, FieldAction.CONFIRMED, [], now=after) is None
    assert reason(ONE, FieldAction.CONFIRMED, [], now=after + 1) == "too_late"
    assert reason(ONE, FieldAction.CONFIRMED, [], acted=12.5) == "in_future"


def test_others_do_no_field_work() -> None:
    for role in (Role.TREASURY, Role.PARTY, Role.SYSTEM):
        assert reason(Actor(actor_id="x", role=role), FieldAction.CLAIM, []) == "wrong_role"
