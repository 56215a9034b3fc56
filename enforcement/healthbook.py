"""Whether a device was proven healthy at the minute it spoke of, from its history of health."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from parking.ids import DeviceId

_FOREVER: Final = datetime.max.replace(tzinfo=UTC)


class Verdict(StrEnum):
    """What the history says of one minute."""

    HEALTHY = "healthy"
    UNPROVEN = "unproven"  # no history, or an accuracy below what the city asks for
    SICK = "sick"  # in quarantine


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """One row of a device's history; it stands until the next."""

    as_of: datetime
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    quarantined_since: datetime | None


class HealthBook:
    """Histories of some devices, each in order of time."""

    def __init__(self, histories: Mapping[DeviceId, list[Checkup]], least_accuracy: float) -> None:
        self._histories, self._least = histories, least_accuracy

    def find_checkup(self, device_id: DeviceId, at: datetime) -> Checkup | None:
        """Return the newest row up to the minute; the first one for what was said before it was written."""
        history = self._histories.get(device_id, [])
        before = [each for each in history if each.as_of <= at]
        return before[-1] if before else next(iter(history), None)

    def verdict(self, device_id: DeviceId, at: datetime) -> Verdict:
        """Judge one minute of one device. A quarantine counts from the minute that it names."""
        checkup = self.find_checkup(device_id, at)
        if checkup is None:
            return Verdict.UNPROVEN
        if any(since <= at < until for since, until in self._quarantines(device_id)):
            return Verdict.SICK
        return Verdict.HEALTHY if checkup.accuracy >= self._least else Verdict.UNPROVEN

    def _quarantines(self, device_id: DeviceId) -> Iterable[tuple[datetime, datetime]]:
        since: datetime | None = None
        for checkup in self._histories.get(device_id, []):
            if checkup.quarantined_since is not None:
                since = min(since or checkup.quarantined_since, checkup.quarantined_since)
            elif since is not None:
                yield since, max(since, checkup.as_of)
                since = None
        if since is not None:
            yield since, _FOREVER
