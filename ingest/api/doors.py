"""HTTP doors for cameras and platforms that only know how to post.

What they post is published to the street as it came (of a form, the part that is not a picture) and answered
once the broker has it: the street judges it like any message, refuses repetitions by the vendor's own id and
stores why it refused. So what is wrong with a message never makes a camera send it again.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Header, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from ingest.doorkeys import CTWING, DoorKeys
from ingest.link import Relay
from ingest.webform import text_part
from parking.city import City, Device
from parking.ids import DeviceId
from parking.topics import ctwing_topic, up_topic

# Plates are read from pictures of a few hundred kilobytes, of which a form holds up to three.
MAX_BODY_BYTES: Final = 8 * 1024 * 1024

Bearer = Annotated[str, Header(alias="authorization")]


class Doors:
    """Handlers of the doors of one city."""

    def __init__(self, city: City, keys: DoorKeys, relay: Relay) -> None:
        self._city = city
        self._keys = keys
        self._relay = relay

    async def take_from_camera(
        self, camera_id: str, request: Request, key: str = "", authorization: Bearer = ""
    ) -> Response:
        """Pass on what a camera says. Its key stands in the address or after `Bearer`."""
        self._check(camera_id, key, authorization)
        device = self._camera(camera_id)
        body = await read_body(request)
        content = text_part(body, request.headers.get("content-type", ""))
        return await self._pass_on(up_topic(self._city.city_id, device.family, device.device_id), content)

    async def take_from_ctwing(self, request: Request, key: str = "", authorization: Bearer = "") -> Response:
        """Pass on what China Telecom's CTWing pushes."""
        self._check(CTWING, key, authorization)
        return await self._pass_on(ctwing_topic(self._city.city_id), await read_body(request))

    def _check(self, name: str, key: str, authorization: str) -> None:
        if not self._keys.opens(name, key or authorization.removeprefix("Bearer ").strip()):
            raise HTTPException(
                401, f"the key is not that of {name!r}", headers={"WWW-Authenticate": "Bearer"}
            )

    def _camera(self, camera_id: str) -> Device:
        device = self._city.devices.get(DeviceId(camera_id))
        if device is None:
            raise HTTPException(404, f"camera {camera_id!r} is not in the registry: add it to cameras.csv")
        return device

    async def _pass_on(self, topic: str, content: bytes) -> Response:
        await run_in_threadpool(self._relay.publish, topic, content)
        return Response("OK", media_type="text/plain")


def doors_router(city: City, keys: DoorKeys, relay: Relay) -> APIRouter:
    """Routes of the doors; not part of the public API's description."""
    doors = Doors(city, keys, relay)
    router = APIRouter(prefix="/doors", include_in_schema=False)
    router.post("/cameras/{camera_id}")(doors.take_from_camera)
    router.post("/cameras/{camera_id}/{key}")(doors.take_from_camera)
    router.post("/ctwing")(doors.take_from_ctwing)
    router.post("/ctwing/{key}")(doors.take_from_ctwing)
    return router


async def read_body(request: Request) -> bytes:
    """The body, of which no more than allowed is ever held; raises HTTPException 413."""
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > MAX_BODY_BYTES:
                raise HTTPException(413, f"the body is longer than {MAX_BODY_BYTES} bytes")
            parts.append(part)
    except ClientDisconnect as error:
        raise HTTPException(400, "the sender hung up") from error
    return b"".join(parts)
