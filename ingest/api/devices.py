"""Routes of the register of devices, and of refused messages that go through again."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Path, Query, Request

import ingest.habitstore
import ingest.held
import ingest.register
from ingest.api.bodies import (
    BindAsk,
    DeviceBody,
    DevicesBody,
    DiscoveredBody,
    DiscoveredListBody,
    ReplaceAsk,
    ReplayAsk,
    ReplayBody,
    UnbindAsk,
)
from ingest.changes import (
    Author,
    NewDevice,
    ObjectionError,
    bind_device,
    get_device,
    replace_device,
    unbind_device,
)
from ingest.held import Wanted
from ingest.registry import DeviceState, RegisteredDevice
from parking.city import City
from parking.clock import Clock
from parking.ids import BerthId, DeviceId
from parking.plumbing.database import Connection
from parking.readings import RejectReason
from parking.span import require_utc

LARGEST_PAGE: Final = 500
_STATUS: Final = {"unknown-device": 404, "not-bound": 409}

Loans = Callable[[], AbstractContextManager[Connection]]
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]


class Devices:
    """Handlers; each borrows a connection for one transaction."""

    def __init__(self, loans: Loans, city: City, clock: Clock) -> None:
        self._loans, self._city, self._clock = loans, city, clock

    def list_devices(
        self,
        family: Annotated[str | None, Query(description="only this family")] = None,
        state: Annotated[DeviceState | None, Query(description="only in this state")] = None,
        cursor: Annotated[str, Query(description="`next_cursor` of the page before")] = "",
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    ) -> DevicesBody:
        """Devices on record, in pages."""
        with self._loans() as connection:
            devices = ingest.register.load_registry(connection, self._city).devices.values()
            habits = dict(ingest.habitstore.list_habits(connection))
        wanted = [
            each
            for each in sorted(devices, key=lambda device: device.device_id)
            if each.device_id > cursor and family in {None, each.family} and state in {None, each.state}
        ]
        page = [DeviceBody.of(each, habits.get(each.device_id)) for each in wanted[:limit]]
        return DevicesBody(
            devices=page, next_cursor=page[-1].device_id if page and len(wanted) > limit else None
        )

    def list_discovered(self) -> DiscoveredListBody:
        """Devices that speak and wait to be bound, the last heard first."""
        with self._loans() as connection:
            found = ingest.held.list_discovered(connection, LARGEST_PAGE)
        return DiscoveredListBody(devices=[DiscoveredBody.of(each) for each in found])

    def show_device(self, device_id: Name) -> DeviceBody:
        """One device."""
        with self._loans() as connection:
            return self._body(
                connection, _allowed(lambda: get_device(connection, self._city, _id(device_id)))
            )

    def bind(self, device_id: Name, ask: BindAsk, request: Request) -> DeviceBody:
        """Let a device tell of a berth from a moment on; one that was only discovered is put on record."""
        heartbeat = timedelta(minutes=ask.heartbeat_min) if ask.heartbeat_min else None
        new = NewDevice(family=ask.family, heartbeat=heartbeat)
        berth_id, at = BerthId(ask.berth_id), _instant(ask.at)
        with self._loans() as connection:
            return self._body(connection, _allowed(lambda: bind_device(
                connection, self._city, _id(device_id), berth_id, at, new, self._author(request)
            )))  # fmt: skip

    def unbind(self, device_id: Name, ask: UnbindAsk, request: Request) -> DeviceBody:
        """Let a device tell of no berth from a moment on."""
        with self._loans() as connection:
            return self._body(connection, _allowed(lambda: unbind_device(
                connection, self._city, _id(device_id), _instant(ask.at), self._author(request)
            )))  # fmt: skip

    def replace(self, device_id: Name, ask: ReplaceAsk, request: Request) -> DeviceBody:
        """Put another device into the berth of this one; answers with the new one."""
        new, author = DeviceId(ask.by), self._author(request)
        with self._loans() as connection:
            return self._body(connection, _allowed(lambda: replace_device(
                connection, self._city, _id(device_id), new, _instant(ask.at), author
            )))  # fmt: skip

    def replay(self, ask: ReplayAsk) -> ReplayBody:
        """Send refused messages through again; the street does so within seconds, each with effect once."""
        if ask.reason not in set(RejectReason):
            raise _problem(422, "bad-value", f"reason is one of {', '.join(RejectReason)}")
        device_id = DeviceId(ask.device_id) if ask.device_id else None
        wanted = Wanted(reason=RejectReason(ask.reason), device_id=device_id, since=_instant(ask.since))
        with self._loans() as connection:
            requested = ingest.held.request_replay(connection, wanted, self._clock.now())
            return ReplayBody(requested=requested, cut=ingest.held.count_cut(connection, wanted))

    def _author(self, request: Request) -> Author:
        principal = getattr(request.state, "principal", None)
        return Author(by=str(getattr(principal, "name", "api")), now=self._clock.now())

    def _body(self, connection: Connection, device: RegisteredDevice) -> DeviceBody:
        return DeviceBody.of(device, ingest.habitstore.find_habit(connection, device.device_id))


def devices_router(loans: Loans, city: City, clock: Clock) -> APIRouter:
    """Routes of the register, for operators. Fixed names under /devices must be routed before this one."""
    router, devices = APIRouter(tags=["devices"]), Devices(loans, city, clock)
    router.get("/devices")(devices.list_devices)
    router.get("/devices/discovered")(devices.list_discovered)
    router.get("/devices/{device_id}")(devices.show_device)
    router.post("/devices/{device_id}/bind")(devices.bind)
    router.post("/devices/{device_id}/unbind")(devices.unbind)
    router.post("/devices/{device_id}/replace")(devices.replace)
    router.post("/rejects/replay")(devices.replay)
    return router


def _allowed(change: Callable[[], RegisteredDevice]) -> RegisteredDevice:
    try:
        return change()
    except ObjectionError as objection:
        raise _problem(_STATUS.get(objection.kind, 422), objection.kind, str(objection)) from objection


def _problem(status: int, kind: str, detail: str) -> HTTPException:
    # `app.http` makes problem+json of it.
    title = kind.replace("-", " ").capitalize()
    return HTTPException(status, detail={"kind": kind, "title": title, "detail": detail})


def _id(name: str) -> DeviceId:
    return DeviceId(name)


def _instant(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    try:
        return require_utc(at)
    except (ValueError, OverflowError) as error:
        raise _problem(422, "bad-value", f"{error}: add the offset from UTC, such as +08:00") from error
