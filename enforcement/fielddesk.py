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
from parking.geo import distance_m, path_midpoint
from parking.ids import BerthId, Plate, SectionId, ViolationId
from parking.plumbing.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearby:
    """A violation that goes on, and how far away it is."""

    violation_id: ViolationId
    rule_id: str
    state: ViolationState
    berth_id: BerthId | None
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
        """What goes on and nobody else is on the way to: the most certain first, of these the nearest.

        Actionable comes first, then leads by how little they lack.

        The position is used for this answer and kept nowhere.
        """
        now = self._clock.now()
        with self.loans() as connection:
            rows = fieldwork.list_going_on(connection, actor.actor_id, now)
        found = [
            self._nearby(row, position) for row in rows if row[8] is not None or row[4] in self._city.sections
        ]
        found.sort(key=_rank)
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
        place = self._place(row)
        return Nearby(
            violation_id=ViolationId(row[0]),
            rule_id=row[1],
            state=ViolationState(row[2]),
            berth_id=None if row[3] is None else BerthId(row[3]),
            section_id=SectionId(row[4]),
            plate=None if row[5] is None else Plate(row[5]),
            since_at=row[6],
            doubts=tuple(map(Doubt, row[7])),
            position=place,
            distance_m=distance_m(position, place),
        )

    def _place(self, row: tuple[Any, ...]) -> Position:
        """Where to go: as stated, else the berth, else the middle of the section."""
        if row[8] is not None:
            return Position(lon=row[8], lat=row[9])
        berth = self._city.berths.get(BerthId(row[3] or ""))
        return berth.position if berth else path_midpoint(self._city.sections[SectionId(row[4])].path)


def _rank(nearby: Nearby) -> tuple[bool, int, float]:
    return nearby.state is not ViolationState.ACTIONABLE, len(nearby.doubts), nearby.distance_m


def _holder(actor: Actor, report: Report) -> str | None:
    """Who is to hold the claim after the action."""
    if report.action is FieldAction.RELEASE:
        return None
    return report.to_actor_id if report.action is FieldAction.HAND_OVER else actor.actor_id


def _acted(connection: Connection, violation_id: ViolationId, now: datetime) -> Acted:
    claims = fieldwork.list_claims(connection, violation_id)
    return Acted(claim=next((claim for claim in claims if claim.holds(now)), None))
