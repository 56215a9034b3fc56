"""What the case routes answer."""

from datetime import date, datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from enforcement.cases.casebook import TermKind
from enforcement.cases.deadlines import Calendar, deadlines
from enforcement.cases.words import Action, Case, CaseState, Outcome
from enforcement.evidence.chain import ChainedEntry
from enforcement.evidence.items import ItemKind
from parking.plates import mask_plate


class DeadlineBody(BaseModel):
    """A term and its last day."""

    kind: TermKind
    due_on: date
    done_at: datetime | None
    missed: bool
    basis: str
    is_certain: bool = Field(description="false: no holiday notice covers the year yet")


class CaseBody(BaseModel):
    """A case. Plates are shown in full to officers only."""

    case_id: str = Field(examples=["C2026-000123"])
    version: int
    state: CaseState
    violation_id: str
    rule_id: str
    plate: str | None
    captured_at: datetime
    opened_at: datetime
    proposed: Outcome | None
    outcome: Outcome | None
    amount_fen: int | None
    deadlines: list[DeadlineBody]

    @classmethod
    def of(cls, case: Case, calendar: Calendar, today: date, *, in_full: bool) -> Self:
        """Build from a case, with its terms as they stand today."""
        plate = case.plate if in_full or case.plate is None else mask_plate(case.plate)
        told = [
            DeadlineBody(
                kind=each.kind,
                due_on=each.due_on,
                done_at=each.done_at,
                missed=each.is_missed(today, calendar.zone),
                basis=each.basis,
                is_certain=each.is_certain,
            )
            for each in deadlines(case, calendar)
        ]
        return cls(
            case_id=case.case_id,
            version=case.version,
            state=case.state,
            violation_id=case.violation_id,
            rule_id=case.rule_id,
            plate=plate,
            captured_at=case.captured_at,
            opened_at=case.opened_at,
            proposed=case.proposed,
            outcome=case.outcome,
            amount_fen=case.amount_fen,
            deadlines=told,
        )


class LogBody(BaseModel):
    """One entry of a case's log."""

    seq: int
    at: datetime
    actor_id: str
    role: str
    action: Action
    body: dict[str, Any]
    previous: str
    digest: str

    @classmethod
    def of(cls, chained: ChainedEntry) -> Self:
        """Build from an entry."""
        entry = chained.entry
        return cls(
            seq=entry.seq,
            at=entry.at,
            actor_id=entry.actor_id,
            role=entry.role,
            action=Action(entry.action),
            body=dict(entry.body),
            previous=chained.previous,
            digest=chained.digest,
        )


class CaseDetail(CaseBody):
    """A case with its whole log."""

    log: list[LogBody]


class CasesBody(BaseModel):
    """A page of cases, newest first."""

    cases: list[CaseBody]
    next_cursor: str | None


class ItemShown(BaseModel):
    """An item on file; its bytes are under `/inquiries/items`."""

    kind: ItemKind
    name: str
    digest: str


class InquiryAnswer(BaseModel):
    """What the person concerned may see: what they were told, and what is on file of them."""

    case_id: str
    state: CaseState
    notice: dict[str, Any] = Field(description="facts, reasons, basis, rights and proposed outcome")
    outcome: Outcome | None
    amount_fen: int | None
    items: list[ItemShown]
    deadlines: list[DeadlineBody]
