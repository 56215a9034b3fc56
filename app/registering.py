"""What the street process knows of its devices: it follows the register, and judges their silence by it."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

import ingest.habitstore
import ingest.register
from ingest.habits import Habits
from ingest.registry import Conflict, Registry
from parking.city import City
from parking.ids import BerthId
from parking.plumbing.database import Connection, transaction
from parking.staleness import berth_limits

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=1)
# Habits change slowly; limits follow them as slowly, and not for a difference that nobody would notice.
JUDGE_EVERY = timedelta(minutes=10)
NOTICEABLE = 0.1


class RegisterFollower:
    """The register as last read, and the limits of silence that follow from it and from the devices' habits.

    `limits` holds what is in force, `take_changes` what a batch must store to put more in force: the street
    stores them with the batch before which they apply, so that a restart repeats them exactly.
    """

    def __init__(self, connection: Connection, city: City, habits: Habits, now: datetime) -> None:
        self._connection, self._city, self._habits = connection, city, habits
        self._looked_at = self._judged_at = now
        self.limits: dict[BerthId, timedelta] = berth_limits(city)
        with transaction(connection):
            _tell(ingest.register.sync_files(connection, city, now).conflicts)
            habits.load(ingest.habitstore.list_habits(connection))
            self._version = ingest.register.version(connection)
            self.registry = ingest.register.load_registry(connection, city)

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to look again."""
        return now - self._looked_at >= LOOK_EVERY

    def look(self, now: datetime) -> Registry | None:
        """Read the register again where it has changed since."""
        self._looked_at = now
        with transaction(self._connection):
            version = ingest.register.version(self._connection)
            if version == self._version:
                return None
            self.registry = ingest.register.load_registry(self._connection, self._city)
        self._version = version
        self._judged_at = now - JUDGE_EVERY
        log.info("register of devices read again", extra={"version": version})
        return self.registry

    def take_changes(self, now: datetime) -> dict[BerthId, timedelta]:
        """Limits that are to hold from the next batch on; they count as in force."""
        if now - self._judged_at < JUDGE_EVERY:
            return {}
        self._judged_at = now
        wanted = self.registry.limits(now, self._habits.intervals())
        changes = {
            berth_id: limit
            for berth_id, limit in wanted.items()
            if abs(limit - self.limits[berth_id]) > self.limits[berth_id] * NOTICEABLE
        }
        self.limits |= changes
        return changes

    def begin(self, limits: Mapping[BerthId, timedelta]) -> None:
        """Take these limits for those in force, and judge anew with the next batch."""
        self.limits |= {berth_id: limit for berth_id, limit in limits.items() if berth_id in self.limits}
        self._judged_at -= JUDGE_EVERY


def _tell(conflicts: list[Conflict]) -> None:
    if conflicts:
        log.warning(
            "files and register of devices differ, the register rules: see `citypark devices sync`",
            extra={"differences": len(conflicts), "first": str(conflicts[0])},
        )
