"""What the case routes take: one body a step, told apart by `action`."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from enforcement.cases.words import Action, Outcome, Service
from enforcement.evidence.gat832 import Shows
from enforcement.evidence.items import PictureFacts

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Step(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DeviceProof(_Step):
    """Papers of one device behind the evidence (行政处罚法 41)."""

    device_id: Text
    approval_document: Text
    calibrated_on: date
    location_announced: bool


class CheckDevice(_Step):
    """The devices were approved, calibrated, announced, and healthy at that minute; or not."""

    action: Literal[Action.CHECK_DEVICE]
    passed: bool
    devices: list[DeviceProof] = Field(min_length=1)


class _Facts(_Step):
    accepted: bool
    obstructs: bool = Field(description="the vehicle obstructs others")
    driver_absent: bool = Field(description="the driver is absent, or refuses to drive away")
    note: Text


class Review(_Facts):
    """The first officer's look at facts and evidence."""

    action: Literal[Action.REVIEW]


class ReviewAgain(_Facts):
    """The second officer's."""

    action: Literal[Action.REVIEW_AGAIN]


class GiveNotice(_Step):
    """What the party is told before anything is decided."""

    action: Literal[Action.GIVE_NOTICE]
    facts: Text
    reasons: Text
    basis: Text
    rights: Text
    proposed: Outcome


class Decide(_Step):
    """The decision; a defence is answered."""

    action: Literal[Action.DECIDE]
    outcome: Outcome
    reasons: Text
    answer: str = ""


class Serve(_Step):
    """How the decision reached the party; `consent` is the digest of the signed paper."""

    action: Literal[Action.SERVE]
    way: Service
    consent: Hash | None = None


class RecordPayment(_Step):
    """What the treasury received."""

    action: Literal[Action.RECORD_PAYMENT]
    amount_fen: int = Field(gt=0)
    receipt_no: Text


class _Reasoned(_Step):
    note: Text


class Close(_Reasoned):
    """The case goes to the archive."""

    action: Literal[Action.CLOSE]


class Dismiss(_Reasoned):
    """The case ends without a decision."""

    action: Literal[Action.DISMISS]


class Recall(_Reasoned):
    """A decision on facts that fell is taken back, also where it was published."""

    action: Literal[Action.RECALL]


StepBody = Annotated[
    CheckDevice
    | Review
    | ReviewAgain
    | GiveNotice
    | Decide
    | Serve
    | RecordPayment
    | Close
    | Dismiss
    | Recall,
    Field(discriminator="action"),
]


class PictureQuery(_Step):
    """What is said of a picture; its bytes are the body of the request."""

    sha256: Hash
    name: Text
    device_id: Text
    taken_at: AwareDatetime
    clock_error_ms: int | None = Field(
        default=None, description="the device's clock against the reference, in ms"
    )
    shows: list[Shows] = Field(description="what of a panoramic picture it shows")

    def facts(self) -> PictureFacts:
        """Build the same facts as the case knows them."""
        return PictureFacts(
            name=self.name,
            device_id=self.device_id,
            taken_at=self.taken_at,
            clock_error_ms=self.clock_error_ms,
            shows=frozenset(self.shows),
        )


class OpenBody(_Step):
    """Which violation a case is made of, and why."""

    violation_id: Text
    note: Text


class Attachment(_Step):
    """A file, as base64."""

    name: Text
    content: str = Field(max_length=4_000_000)


class InquiryBody(_Step):
    """How the person concerned names their case."""

    case_id: Text
    plate: Text


class ItemBody(InquiryBody):
    """Which item on file is asked for."""

    digest: Hash


class DefenceBody(InquiryBody):
    """What the person concerned states."""

    text: Text
    attachments: list[Attachment] = Field(default_factory=list, max_length=5)
