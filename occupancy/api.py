"""The routes of device health and of the maintenance crew's work list."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Annotated, Final, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from occupancy.health import DeviceHealth
from occupancy.healthstore import fen_per_day, list_health, list_health_page, list_unheard, told_of_sensors
from occupancy.suspectstore import suspect
from occupancy.worklist import Job, battery_empty_at, rank_jobs, stakes_of
from parking.city import City
from parking.clock import Clock
from parking.ids import BerthId, CameraId, DeviceId
from parking.plumbing.database import Connection
from parking.states import QuarantineReason

Loans = Callable[[], AbstractContextManager[Connection]]
PAGE_SIZE: Final = 100
LARGEST_PAGE: Final = 1000
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]


class HealthBody(BaseModel):
    """How good a device is, as far as its agreement with other sources tells."""

    device_id: str
    as_of: datetime = Field(description="quarter hour of the street's time; of the unheard, since when")
    berth_id: str | None = Field(description="the berth that it is bound to; none for cameras, hand-helds")
    heard_until: datetime | None = Field(description="newest time of the device itself; null: never heard")
    accuracy: float = Field(description="expected share of true statements")
    accuracy_low: float = Field(description="with 95 % not below")
    accuracy_high: float = Field(description="with 95 % not above")
    compared: float = Field(description="comparisons that this rests on; 0: published figures only")
    beats_expected: float = Field(description="regular reports due over about the last day")
    beats_missed: float
    battery_v: float | None
    battery_v_per_day: float | None
    battery_empty_at: datetime | None = Field(description="if it goes on emptying as it did")
    drift: float = Field(description="share of its latest changes that were taken back or disputed")
    quarantined_since: datetime | None = Field(description="while set, nothing that it says counts")
    quarantine_reason: QuarantineReason | None

    @classmethod
    def of(cls, health: DeviceHealth, now: datetime) -> Self:
        """Build from a row."""
        worked_out = {"battery_empty_at": battery_empty_at(health, now)}
        fields = {name: getattr(health, name) for name in cls.model_fields if name not in worked_out}
        return cls.model_validate(fields | worked_out)


class HealthsBody(BaseModel):
    """A page of devices, in the order of their ids."""

    devices: list[HealthBody]
    next_cursor: str | None = Field(description="pass as `cursor` for the next page; null on the last")


class SignBody(BaseModel):
    """A sign that the device is bad."""

    certainty: float
    zh: str
    en: str


class JobBody(BaseModel):
    """One device to be seen."""

    rank: int
    value_fen: int = Field(
        description="what seeing to it is worth in a day: what is at stake times certainty"
    )
    certainty: float = Field(description="that the device is bad")
    fen_per_day: int = Field(description="fees that hang on it, over the last week")
    berth_hours_per_day: float = Field(description="hours of berths that only it tells of, shared fairly")
    device_id: str
    berth_id: str | None
    reasons: list[SignBody]
    battery_empty_at: datetime | None

    @classmethod
    def of(cls, rank: int, job: Job) -> Self:
        """Build from a job."""
        return cls(
            rank=rank,
            device_id=job.health.device_id,
            berth_id=job.health.berth_id,
            value_fen=round(job.value_fen),
            certainty=round(job.certainty, 3),
            fen_per_day=round(job.stake.fen_per_day),
            berth_hours_per_day=round(job.stake.berth_hours_per_day, 1),
            reasons=[
                SignBody(certainty=round(each.certainty, 3), zh=each.zh, en=each.en) for each in job.signs
            ],
            battery_empty_at=job.battery_empty_at,
        )


class WorklistBody(BaseModel):
    """Devices that show signs of being bad, the most valuable job first."""

    as_of: datetime
    total: int
    jobs: list[JobBody]


class HealthRoutes:
    """Handlers of the routes; each borrows a connection for one read."""

    def __init__(self, loans: Loans, city: City, clock: Clock) -> None:
        self._loans, self._city, self._clock = loans, city, clock

    def list_health(
        self,
        quarantined: Annotated[bool | None, Query(description="only those in, or not in, quarantine")] = None,
        cursor: Annotated[str, Query(description="`next_cursor` of the page before")] = "",
        limit: Limit = PAGE_SIZE,
    ) -> HealthsBody:
        """Health of devices, in pages."""
        now = self._clock.now()
        with self._loans() as connection:
            rows = list_health_page(
                connection, after=cursor, quarantined=quarantined, limit=limit + 1, now=now
            )
        page = [HealthBody.of(health, now) for health in rows[:limit]]
        return HealthsBody(devices=page, next_cursor=page[-1].device_id if len(rows) > limit else None)

    def list_jobs(self, limit: Limit = PAGE_SIZE) -> WorklistBody:
        """What the maintenance crew should see to, ranked by what is at stake and how sure the fault is."""
        now = self._clock.now()
        with self._loans() as connection:
            jobs = list_jobs(connection, self._city, now)
        bodies = [JobBody.of(rank, job) for rank, job in enumerate(jobs[:limit], start=1)]
        return WorklistBody(as_of=now, total=len(jobs), jobs=bodies)


def list_jobs(connection: Connection, city: City, now: datetime) -> list[Job]:
    """The whole work list of a city as it stands."""
    stakes = stakes_of(watched_berths(city), fen_per_day(connection, now))
    healths = [*list_health(connection), *list_unheard(connection, now)]
    suspected = suspect(connection, city, healths, now)
    return rank_jobs(healths, stakes, told_of_sensors(connection, now), now, suspected)


def watched_berths(city: City) -> dict[DeviceId, list[BerthId]]:
    """The open berths that each sensor and camera watches."""
    watched: dict[DeviceId, list[BerthId]] = {}
    for device_id, device in city.devices.items():
        camera = city.cameras.get(CameraId(device_id))
        bound = [] if device.berth_id is None else [device.berth_id]
        seen = bound if camera is None else list(camera.berth_ids)
        watched[device_id] = [berth_id for berth_id in seen if not city.berths[berth_id].closed]
    return watched


def health_router(loans: Loans, city: City, clock: Clock) -> APIRouter:
    """Routes of this room."""
    routes, router = HealthRoutes(loans, city, clock), APIRouter(tags=["devices"])
    router.get("/devices/health")(routes.list_health)
    router.get("/devices/worklist")(routes.list_jobs)
    return router
