"""Reads of device health, of the fees that hang on berths, and of what squads say. Writes nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from occupancy.health import DeviceHealth
from occupancy.worklist import HEEDED_FOR, Told
from parking.ids import BerthId, DeviceId
from parking.plumbing.database import Connection
from parking.states import QuarantineReason

_NOW = """
SELECT device_id, berth_id, heard_until, compared, accuracy, accuracy_low, accuracy_high, beats_expected,
       beats_missed, battery_v, battery_v_per_day, drift, quarantined_since, quarantine_reason, as_of
FROM device_health_now"""
LIST_ALL = _NOW + " ORDER BY device_id"
# Of whom nothing ever came although it was due: since its binding, or since the register began. Published
# figures stand in for what nobody knows of it.
_UNHEARD = """
SELECT d.device_id, b.berth_id, NULL::timestamptz AS heard_until, 0::real AS compared, 0.99::real AS accuracy,
       0::real AS accuracy_low, 1::real AS accuracy_high, d.due AS beats_expected, d.due AS beats_missed,
       NULL::real AS battery_v, NULL::real AS battery_v_per_day, 0::real AS drift,
       NULL::timestamptz AS quarantined_since, NULL AS quarantine_reason, d.since AS as_of
FROM (SELECT e.device_id, e.since, p.heartbeat * p.missed_heartbeats + p.allowance AS silence,
             (extract(epoch FROM least(interval '1 day', %(now)s - e.since))
              / extract(epoch FROM p.heartbeat))::real AS due
      FROM (SELECT device_id, profile_id,
                   coalesce((SELECT coalesce(from_at, recorded_at) FROM bindings AS b
                             WHERE b.device_id = devices.device_id AND b.until_at IS NULL),
                            edited_at, (SELECT min(recorded_at) FROM bindings)) AS since
            FROM devices WHERE state = 'active') AS e JOIN device_profiles AS p USING (profile_id)) AS d
LEFT JOIN bindings AS b ON b.device_id = d.device_id AND b.until_at IS NULL
WHERE d.since + d.silence < %(now)s
  AND NOT EXISTS (SELECT FROM device_health AS h WHERE h.device_id = d.device_id)
  AND NOT EXISTS (SELECT FROM device_habits AS h WHERE h.device_id = d.device_id)"""
LIST_UNHEARD = _UNHEARD + " ORDER BY device_id"
LIST_PAGE = (
    f"SELECT * FROM ({_NOW} UNION ALL {_UNHEARD}) AS h"  # noqa: S608  constants of this module
    """
WHERE device_id > %(after)s
  AND (%(quarantined)s::boolean IS NULL OR (quarantined_since IS NOT NULL) = %(quarantined)s)
ORDER BY device_id LIMIT %(limit)s"""
)
# The newest version of each charge counts.
SUM_BY_BERTH = """
SELECT s.berth_id, sum(c.amount_fen)::bigint
FROM charges AS c JOIN stays AS s USING (stay_id)
WHERE c.charged_to_at >= %s
  AND NOT EXISTS (SELECT FROM charges AS n WHERE n.stay_id = c.stay_id AND n.version > c.version)
GROUP BY s.berth_id"""

# Of the sensor that told of the berth then and still does: what was said of it says nothing of the one put in
# its place.
TOLD_BY_DEVICE = """
SELECT b.device_id, count(*), max(f.acted_at)
FROM sensor_faults_told AS f JOIN bindings AS b
  ON b.berth_id = f.berth_id AND tstzrange(b.from_at, b.until_at) @> f.acted_at
WHERE f.acted_at >= %(since)s AND f.acted_at <= %(now)s AND (b.until_at IS NULL OR b.until_at > %(now)s)
GROUP BY b.device_id"""

# Long enough to hold every weekday once.
MONEY_SPAN = timedelta(days=7)


def list_health(connection: Connection) -> list[DeviceHealth]:
    """The newest health of every device that ever spoke."""
    return [_health(row) for row in connection.execute(LIST_ALL)]


def list_unheard(connection: Connection, now: datetime) -> list[DeviceHealth]:
    """The devices that never spoke although they should have, `as_of` when they should have begun."""
    return [_health(row) for row in connection.execute(LIST_UNHEARD, {"now": now})]


def list_health_page(
    connection: Connection, *, after: str, quarantined: bool | None, limit: int, now: datetime
) -> list[DeviceHealth]:
    """Devices behind `after` in the order of their ids, also those that never spoke."""
    arguments = {"after": after, "quarantined": quarantined, "limit": limit, "now": now}
    return [_health(row) for row in connection.execute(LIST_PAGE, arguments)]


def fen_per_day(connection: Connection, now: datetime) -> dict[BerthId, float]:
    """What each berth brought in a day, over the last week."""
    days = MONEY_SPAN / timedelta(days=1)
    return {
        BerthId(berth_id): fen / days
        for berth_id, fen in connection.execute(SUM_BY_BERTH, (now - MONEY_SPAN,))
    }


def told_of_sensors(connection: Connection, now: datetime) -> dict[DeviceId, Told]:
    """What squads lately said of sensors that are still in their places."""
    arguments = {"since": now - HEEDED_FOR, "now": now}
    return {
        DeviceId(device_id): Told(times=times, last_at=last_at)
        for device_id, times, last_at in connection.execute(TOLD_BY_DEVICE, arguments)
    }


def _health(row: Sequence[Any]) -> DeviceHealth:
    return DeviceHealth(
        as_of=row[14],
        device_id=DeviceId(row[0]),
        berth_id=None if row[1] is None else BerthId(row[1]),
        heard_until=row[2],
        compared=row[3],
        accuracy=row[4],
        accuracy_low=row[5],
        accuracy_high=row[6],
        beats_expected=row[7],
        beats_missed=row[8],
        battery_v=row[9],
        battery_v_per_day=row[10],
        drift=row[11],
        quarantined_since=row[12],
        quarantine_reason=None if row[13] is None else QuarantineReason(row[13]),
    )
