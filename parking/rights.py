"""Vehicles and what entitles them: energy, class, passes, exemptions."""

from dataclasses import dataclass
from enum import StrEnum

from parking.city import BerthKind
from parking.ids import Plate, SectionId
from parking.span import Span


class Energy(StrEnum):
    """What drives the vehicle, as its plate tells."""

    FUEL = "fuel"
    NEV = "nev"


class VehicleClass(StrEnum):
    """Size class as tariffs use it, told by plate colour or kind."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class RightKind(StrEnum):
    """What sort of entitlement a plate holds."""

    PASS = "pass"  # month or other pass  # noqa: S105  not a password
    EXEMPT = "exempt"  # exempt vehicle, with an auditable reason
    RESIDENT = "resident"
    DISABLED = "disabled"
    LOADING = "loading"


# A right of the kind on the right lets a vehicle use a berth of the kind on the left.
BERTH_NEEDS: dict[BerthKind, RightKind] = {
    BerthKind.RESIDENT: RightKind.RESIDENT,
    BerthKind.DISABLED: RightKind.DISABLED,
    BerthKind.LOADING: RightKind.LOADING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One entitlement of one plate; no sections means that it holds everywhere."""

    right_id: str
    kind: RightKind
    plate: Plate
    span: Span
    section_ids: frozenset[SectionId]
    reason: str
