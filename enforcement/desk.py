"""Where cases are opened and moved on: one transaction a step, under the lock of the case."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from enforcement.cases.conditions import Circumstances, Step
from enforcement.cases.deadlines import Calendar
from enforcement.cases.procedure import OPENERS, take
from enforcement.cases.words import Action, Actor, Case, CaseState, Refusal, Role
from enforcement.evidence.chain import Entry
from enforcement.evidence.gat832 import check_shots
from enforcement.evidence.items import PictureFacts, document_body, list_items, list_shots, picture_body
from enforcement.evidence.pictures import RefusedPicture, read_picture
from enforcement.kinds import ViolationState, WithdrawReason
from enforcement.ports import Blobs, Digest
from enforcement.rule import Addressee
from enforcement.store import cases
from enforcement.store.cases import HeldViolation
from enforcement.store.reads import Loans
from enforcement.store.rights import load_rights
from parking.city import City
from parking.clock import Clock, local_day
from parking.ids import ViolationId
from parking.plates import find_plate
from parking.plumbing.database import Connection
from parking.rights import BERTH_NEEDS, RightKind

SYSTEM = Actor(actor_id="citypark", role=Role.SYSTEM)
PARTY = Actor(actor_id="party", role=Role.PARTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a request asks besides the step itself.

    `key` makes a repeated request harmless; `version` is the one that the asker has seen, None for any.
    """

    key: str | None = None
    version: int | None = None


class CaseDesk:
    """Opens cases and takes steps on them. Answers with the case, or with the reason of a refusal."""

    def __init__(self, loans: Loans, city: City, calendar: Calendar, blobs: Blobs, clock: Clock) -> None:
        self.loans, self.calendar, self.clock = loans, calendar, clock
        self._city, self._blobs = city, blobs

    def open_case(self, actor: Actor, violation_id: ViolationId, note: str, wish: Wish) -> Case | Refusal:
        """Make a case of a violation; the one that exists already is the answer to a second try."""
        if actor.role not in OPENERS:
            return Refusal(reason="wrong_role", detail=f"{actor.role} may not open a case")
        with self.loans() as connection:
            cases.queue_up(connection, violation_id)
            held = cases.hold_violation(connection, violation_id)
            if held is None:
                return Refusal(reason="unknown_violation", detail=f"there is no violation {violation_id}")
            standing = cases.find_standing(connection, violation_id)
            if standing is not None:
                return self._existing(connection, standing)
            if held.addressee is not Addressee.SQUAD:
                return Refusal(
                    reason="no_case", detail=f"this finding is for the {held.addressee}: no driver's act"
                )
            if held.state is ViolationState.WITHDRAWN:
                return Refusal(reason="not_actionable", detail="the violation was withdrawn")
            return self._open(connection, actor, violation_id, held, note, wish)

    def take_step(
        self, actor: Actor, case_id: str, action: Action, body: Mapping[str, Any], wish: Wish
    ) -> Case | Refusal:
        """Take a step on a case; a request repeated under its key changes nothing more."""
        with self.loans() as connection:
            case = cases.find_case(connection, case_id, lock=True)
            if case is None:
                return Refusal(reason="unknown_case", detail=f"there is no case {case_id}")
            if wish.key is not None:
                carried_out = cases.find_key(connection, wish.key)
                if carried_out == (case_id, action.value):
                    return case
                if carried_out is not None:
                    return Refusal(reason="key_reused", detail="this key stands for another step")
            if wish.version is not None and wish.version != case.version:
                return Refusal(
                    reason="conflict",
                    detail=f"somebody was quicker: the case is at version {case.version}, not {wish.version}",
                )
            return self._take(
                connection, case, Step(action=action, actor=actor, at=self.clock.now(), body=body), wish
            )

    def add_picture(
        self, actor: Actor, case_id: str, body: bytes, claimed: Digest, facts: PictureFacts, wish: Wish
    ) -> Case | Refusal:
        """Keep a picture and enter it in the case; the bytes must have the digest that was claimed."""
        digest = Digest(hashlib.sha256(body).hexdigest())
        if digest != claimed:
            return Refusal(reason="wrong_hash", detail=f"the bytes have SHA-256 {digest}, not {claimed}")
        picture = read_picture(body)
        if isinstance(picture, RefusedPicture):
            return Refusal(reason="bad_picture", detail=picture.detail)
        self._blobs.put(body)
        entered = picture_body(facts, picture, digest, len(body))
        return self.take_step(actor, case_id, Action.ADD_EVIDENCE, entered, wish)

    def add_document(self, actor: Actor, case_id: str, body: bytes, name: str, wish: Wish) -> Case | Refusal:
        """Keep a document and enter it in the case."""
        entered = document_body(name, self._blobs.put(body), len(body))
        return self.take_step(actor, case_id, Action.ADD_EVIDENCE, entered, wish)

    def inquire(self, case_id: str, plate: str) -> Case | None:
        """Find a case for the person concerned: with the right plate, from the notice on."""
        with self.loans() as connection:
            case = cases.find_case(connection, case_id)
        asked = find_plate(plate)
        if case is None or asked is None or case.plate != asked.plate or case.notified_at is None:
            return None
        return case

    def find_item(self, case: Case, digest: Digest) -> bytes | None:
        """Return the bytes of an item that is on file in this very case, or None."""
        with self.loans() as connection:
            log = cases.list_log(connection, case.case_id)
        on_file = any(item["digest"] == digest for item in list_items(log))
        return self._blobs.find(digest) if on_file else None

    def defend(self, case: Case, text: str, attached: Mapping[str, bytes], wish: Wish) -> Case | Refusal:
        """Enter what the person concerned states, with what they attach."""
        attachments = [
            document_body(name, self._blobs.put(body), len(body)) for name, body in attached.items()
        ]
        body = {"text": text, "attachments": attachments}
        return self.take_step(PARTY, case.case_id, Action.DEFEND, body, wish)

    def withdraw_fallen(self) -> int:
        """Withdraw every case whose violation was; returns how many."""
        with self.loans() as connection:
            fallen = cases.list_fallen(connection)
        for case_id, reason in fallen:
            body = {"reason": WithdrawReason(reason).value}
            self.take_step(SYSTEM, case_id, Action.WITHDRAW, body, Wish())
        return len(fallen)

    def _existing(self, connection: Connection, case_id: str) -> Case:
        case = cases.find_case(connection, case_id)
        if case is None:
            raise LookupError(f"case {case_id} is standing and absent")
        return case

    def _open(
        self,
        connection: Connection,
        actor: Actor,
        violation_id: ViolationId,
        held: HeldViolation,
        note: str,
        wish: Wish,
    ) -> Case:
        now = self.clock.now()
        case = Case(
            case_id=cases.next_case_id(connection, local_day(now, self._city.timezone).year),
            version=1,
            state=CaseState.LEAD,
            violation_id=violation_id,
            rule_id=held.rule_id,
            plate=held.plate,
            captured_at=held.since_at,
            opened_at=now,
        )
        body = {"violation_id": violation_id, "note": note}
        step = Step(action=Action.OPEN, actor=actor, at=now, body=body)
        cases.add_case(connection, case, _entry(case, step), wish.key)
        return case

    def _take(self, connection: Connection, case: Case, step: Step, wish: Wish) -> Case | Refusal:
        log = cases.list_log(connection, case.case_id)
        known = Circumstances(
            calendar=self.calendar,
            violation_state=self._check_again(connection, case),
            faults=tuple(check_shots(list_shots(log))),
            earlier_decisions=cases.count_decided(connection, case.plate, case.case_id),
        )
        result = take(case, step, known)
        if isinstance(result, Case):
            cases.save_step(connection, result, _entry(result, step), wish.key)
        return result

    def _check_again(self, connection: Connection, case: Case) -> ViolationState | None:
        """State of the violation now, with rights asked anew; None where it cannot be told."""
        held = cases.hold_violation(connection, case.violation_id)
        if held is None:
            return None
        return ViolationState.WITHDRAWN if self._has_right(connection, held) else held.state

    def _has_right(self, connection: Connection, held: HeldViolation) -> bool:
        if held.plate is None:
            return False
        berth = self._city.berths.get(held.berth_id) if held.berth_id is not None else None
        needed = BERTH_NEEDS.get(berth.kind, RightKind.EXEMPT) if berth is not None else RightKind.EXEMPT
        known = load_rights(connection, [held.plate])
        found = (
            known.find_right(held.plate, kind, held.section_id, held.since_at)
            for kind in {RightKind.EXEMPT, needed}
        )
        return any(right is not None for right in found)


def _entry(case: Case, step: Step) -> Entry:
    body = dict(step.body)
    if step.actor.certificate_no:
        body["certificate_no"] = step.actor.certificate_no
    return Entry(
        file_id=case.case_id,
        seq=case.version,
        at=step.at,
        actor_id=step.actor.actor_id,
        role=step.actor.role.value,
        action=step.action.value,
        body=body,
    )
