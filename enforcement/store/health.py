"""Health of devices as the street process keeps its history. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from enforcement.healthbook import Checkup, HealthBook
from parking.ids import DeviceId
from parking.plumbing.database import Connection

# The row that stood at the earliest minute asked for, and all that came after it.
LIST_CHECKUPS = """
SELECT d.device_id, h.as_of, h.accuracy, h.accuracy_low, h.accuracy_high, h.quarantined_since
FROM unnest(%(devices)s::text[]) AS d(device_id)
JOIN device_health AS h ON h.device_id = d.device_id
 AND h.as_of >= coalesce((SELECT max(b.as_of) FROM device_health AS b
                          WHERE b.device_id = d.device_id AND b.as_of <= %(from)s), '-infinity')
ORDER BY d.device_id, h.as_of"""
LIST_QUARANTINED = """
SELECT d.device_id, h.quarantined_since FROM unnest(%s::text[]) AS d(device_id)
CROSS JOIN LATERAL (SELECT quarantined_since FROM device_health AS h
                    WHERE h.device_id = d.device_id ORDER BY h.as_of DESC LIMIT 1) AS h
WHERE h.quarantined_since IS NOT NULL"""
LIST_RESTING = """
SELECT stay_id, berth_id, section_id, since_at, observed FROM violations
WHERE until_at >= %s AND jsonb_path_query_array(evidence, '$.health[*].device') ?| %s"""

# Leads for want of proof, of which some device had a checkup that was written since.
LIST_CHECKED = """
SELECT v.stay_id, v.berth_id, v.section_id, v.since_at, v.observed FROM violations AS v
WHERE v.state = 'lead' AND 'device' = ANY(v.doubts) AND v.until_at > %(until)s
  AND EXISTS (SELECT FROM jsonb_array_elements(v.evidence->'health') AS h
              JOIN device_health AS d
                ON d.device_id = h->>'device' AND coalesce(d.recorded_at, d.as_of) > %(since)s)"""

# What is older has had its checkups.
RECENT = timedelta(days=2)


def load_health(
    connection: Connection, devices: Collection[DeviceId], since: datetime, least_accuracy: float
) -> HealthBook:
    """Load the histories of these devices from a minute on."""
    histories: dict[DeviceId, list[Checkup]] = defaultdict(list)
    rows = connection.execute(LIST_CHECKUPS, {"devices": sorted(devices), "from": since}) if devices else ()
    for device_id, as_of, accuracy, low, high, quarantined_since in rows:
        histories[DeviceId(device_id)].append(
            Checkup(
                as_of=as_of,
                accuracy=accuracy,
                accuracy_low=low,
                accuracy_high=high,
                quarantined_since=quarantined_since,
            )
        )
    return HealthBook(histories, least_accuracy)


def list_quarantined(connection: Connection, devices: Sequence[DeviceId]) -> dict[DeviceId, datetime]:
    """Those of the devices that are in quarantine now, and since when."""
    return {DeviceId(name): since for name, since in connection.execute(LIST_QUARANTINED, (list(devices),))}


def list_resting(
    connection: Connection, devices: Collection[DeviceId], since: datetime
) -> list[tuple[Any, ...]]:
    """List what rests on these devices since then: (stay_id, berth_id, section_id, since_at, observed)."""
    return connection.execute(LIST_RESTING, (since, sorted(devices))).fetchall()


def list_checked(connection: Connection, since: datetime, now: datetime) -> list[tuple[Any, ...]]:
    """List late leads whose devices were checked since, in the columns of `list_resting`."""
    return connection.execute(LIST_CHECKED, {"since": since, "until": now - RECENT}).fetchall()
