"""What the routes of rights answer with; plates are masked."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from billing.rightsfile import RecordedRight
from parking.plates import mask_plate
from parking.rights import RightKind


class RightBody(BaseModel):
    """What a plate is entitled to, from `from_at` until before `to_at`."""

    right_id: str
    kind: RightKind
    plate: str = Field(description="masked", examples=["鄂S·1**45"])
    from_at: datetime
    to_at: datetime
    section_ids: list[str] = Field(description="empty: everywhere")
    reason: str = Field(
        description="of a pass its name in the tariff, of an exemption why", examples=["postal"]
    )
    document: str = Field(description="what grants it")

    @classmethod
    def of(cls, recorded: RecordedRight) -> Self:
        """Build from a right on record."""
        right = recorded.right
        return cls(
            right_id=right.right_id,
            kind=right.kind,
            plate=mask_plate(right.plate),
            from_at=right.span.start_at,
            to_at=right.span.end_at,
            section_ids=sorted(right.section_ids),
            reason=right.reason,
            document=recorded.document,
        )


class RightsBody(BaseModel):
    """Rights in force or to come."""

    rights: list[RightBody]
