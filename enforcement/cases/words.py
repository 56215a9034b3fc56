"""The words of a case: who acts, what they do, where the case then stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from enforcement.ports import Digest
from parking.ids import Plate, ViolationId
from parking.money import Fen


class Role(StrEnum):
    """Whose step it is. A company may not be entrusted with penalties (行政处罚法 20, 21)."""

    OPERATOR = "operator"  # staff of the concession: leads and evidence only
    OFFICER = "officer"  # holds a certificate of enforcement
    TREASURY = "treasury"  # reports what was paid to it (67: who decides does not collect)
    PARTY = "party"  # the person concerned
    SYSTEM = "system"  # this software, when the facts themselves change


class CaseState(StrEnum):
    """Where a case stands."""

    LEAD = "lead"
    DEVICE_CHECKED = "device_checked"
    REVIEWED_ONCE = "reviewed_once"
    REVIEWED = "reviewed"
    NOTIFIED = "notified"
    DEFENDED = "defended"
    DECIDED = "decided"
    SERVED = "served"
    PAID = "paid"
    CLOSED = "closed"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


ENDED = frozenset({CaseState.CLOSED, CaseState.DISMISSED, CaseState.WITHDRAWN})
# From here on the party may have been told of a decision, and taking it back must be told too.
DECIDED_ONCE = frozenset({CaseState.DECIDED, CaseState.SERVED, CaseState.PAID, CaseState.CLOSED})


class Action(StrEnum):
    """What can be done to a case."""

    OPEN = "open"
    ADD_EVIDENCE = "add_evidence"
    CHECK_DEVICE = "check_device"
    REVIEW = "review"
    REVIEW_AGAIN = "review_again"
    GIVE_NOTICE = "give_notice"
    DEFEND = "defend"
    DECIDE = "decide"
    SERVE = "serve"
    RECORD_PAYMENT = "record_payment"
    CLOSE = "close"
    DISMISS = "dismiss"
    WITHDRAW = "withdraw"
    RECALL = "recall"  # take a decision back, also where it was published (48)


class Outcome(StrEnum):
    """How a case can be decided (警告、教育和处罚相结合)."""

    EDUCATION = "education"  # minor, corrected in time, no harm (33)
    FIRST_WAIVED = "first_waived"  # first minor offence (33)
    WARNING = "warning"
    PENALTY = "penalty"

    @property
    def weight(self) -> int:
        """How heavy it is: a defence never makes an outcome heavier (45)."""
        return {Outcome.WARNING: 1, Outcome.PENALTY: 2}.get(self, 0)


class Service(StrEnum):
    """How a decision reaches the party."""

    IN_PERSON = "in_person"
    POST = "post"
    ELECTRONIC = "electronic"  # only with the party's signed consent (61)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who takes a step. An officer without a certificate number is none (42)."""

    actor_id: str
    role: Role
    certificate_no: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as its log tells it. `version` is the number of the last entry."""

    case_id: str
    version: int
    state: CaseState
    violation_id: ViolationId
    rule_id: str
    plate: Plate | None
    captured_at: datetime
    opened_at: datetime
    reviewers: tuple[str, ...] = ()
    obstructs: bool = False
    driver_absent: bool = False
    reviewed_at: datetime | None = None
    proposed: Outcome | None = None
    notified_at: datetime | None = None
    defence: str | None = None
    defended_at: datetime | None = None
    outcome: Outcome | None = None
    amount_fen: Fen | None = None
    decided_at: datetime | None = None
    consent: Digest | None = None
    served_at: datetime | None = None
    paid_at: datetime | None = None
    ended_at: datetime | None = None
    must_recall: bool = False
    recalled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a step was not taken: a word for machines, a sentence for people, the article where one says so."""

    reason: str
    detail: str
    article: str = ""
