"""Where squads claim violations and tell what they found: each action once, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enforcement.cases.words import Actor, Refusal, Role
from enforcement.fieldwork import CLAIMING, Claim, FieldAction, Report, check
from enforcement.kinds import Doubt, ViolationState
from enforcement.store import cases, fieldwork
from enforcement.store.reads import Loans
from parking.city import City, Position
from parking.clock import Clock
from parking.geo import distance_m
from parking.ids import BerthId, Plate, SectionId, ViolationId
from parking.plumbing.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearby:
    """A violation that goes on, and how far away it is."""

    violation_id: ViolationId
    rule_id: str
    state: ViolationState
    berth_id: BerthId
    section_id: SectionId
    plate: Plate | None
    since_at: datetime
    doubts: tuple[Doubt, ...]
    position: Position
    distance_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """An action was carried out, now or at an earlier try; `claim` is the one that holds now."""

    claim: Claim | None


class FieldDesk:
    """Claims, findings, and the list of what is near."""

    def __init__(self, loans: Loans, city: City, clock: Clock) -> None:
        self.loans, self._city, self._clock = loans, city, clock

    def act(self, actor: Actor, violation_id: ViolationId, report: Report) -> Acted | Refusal:
        """Carry an action out, once for its key.

        Refused actions are kept like the others, so that a hand-held which tries again hears the same.
        """
        now = self._clock.now()
        with self.loans() as connection:
            fieldwork.queue_up(connection)
            held = cases.hold_violation(connection, violation_id)
            if held is None:
                return Refusal(reason="unknown_violation", detail=f"there is no violation {violation_id}")
            before = fieldwork.find_action(connection, report.key)
            if before is not None:
                return self._again(connection, before, actor, violation_id, report, now)
            claims = fieldwork.list_claims(connection, violation_id)
            refusal = check(actor, report, held.state, claims, now) or self._check_taker(connection, report)
            fieldwork.add_action(connection, violation_id, actor, report, refusal, now)
            if refusal is None and report.action in CLAIMING:
                fieldwork.move_claim(connection, violation_id, _holder(actor, report), now)
            return refusal or _acted(connection, violation_id, now)

    def list_nearby(self, actor: Actor, position: Position, limit: int) -> list[Nearby]:
        """What goes on and nobody else is on the way to: actionable first, then the nearest.

        The position is used for this answer and kept nowhere.
        """
        now = self._clock.now()
        with self.loans() as connection:
            rows = fieldwork.list_going_on(connection, actor.actor_id, now)
        found = [self._nearby(row, position) for row in rows if row[3] in self._city.berths]
        found.sort(key=lambda each: (each.state is not ViolationState.ACTIONABLE, each.distance_m))
        return found[:limit]

    def _again(
        self,
        connection: Connection,
        before: tuple[str, str, str, str | None],
        actor: Actor,
        violation_id: ViolationId,
        report: Report,
        now: datetime,
    ) -> Acted | Refusal:
        named_violation, named_actor, action, reason = before
        if (named_violation, named_actor, action) != (violation_id, actor.actor_id, report.action.value):
            return Refusal(reason="key_reused", detail="this key stands for another action")
        if reason is not None:
            return Refusal(reason=reason, detail="this action was refused before")
        return _acted(connection, violation_id, now)

    def _check_taker(self, connection: Connection, report: Report) -> Refusal | None:
        if report.action is not FieldAction.HAND_OVER:
            return None
        role = fieldwork.find_role(connection, report.to_actor_id or "")
        if role in {Role.OPERATOR, Role.OFFICER}:
            return None
        return Refusal(reason="to_nobody", detail=f"{report.to_actor_id} does no field work")

    def _nearby(self, row: tuple[Any, ...], position: Position) -> Nearby:
        berth = self._city.berths[BerthId(row[3])]
        return Nearby(
            violation_id=ViolationId(row[0]),
            rule_id=row[1],
            state=ViolationState(row[2]),
            berth_id=berth.berth_id,
            section_id=SectionId(row[4]),
            plate=None if row[5] is None else Plate(row[5]),
            since_at=row[6],
            doubts=tuple(map(Doubt, row[7])),
            position=berth.position,
            distance_m=distance_m(position, berth.position),
        )


def _holder(actor: Actor, report: Report) -> str | None:
    """Who is to hold the claim after the action."""
    if report.action is FieldAction.RELEASE:
        return None
    return report.to_actor_id if report.action is FieldAction.HAND_OVER else actor.actor_id


def _acted(connection: Connection, violation_id: ViolationId, now: datetime) -> Acted:
    claims = fieldwork.list_claims(connection, violation_id)
    return Acted(claim=next((claim for claim in claims if claim.holds(now)), None))
