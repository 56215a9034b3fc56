"""All device families by the name that a registry gives them, with what each can say."""

from collections.abc import Callable
from typing import Final

from simulators.devices import camera, geo, lorawan, patrol, vendorcameras
from simulators.devices.statement import Frame, Statement

Encoder = Callable[[Statement], Frame]


def _geo(said: Statement) -> Frame:
    kind = "change" if said.changed else "heartbeat"
    vitals = geo.encode_vitals(battery_v=said.battery_v, rssi_dbm=-90)
    at = said.at.isoformat()
    return Frame(
        payload=geo.encode(boot=0, seq=said.number, at=at, kind=kind, occupied=said.occupied, vitals=vitals)
    )


def _camera(said: Statement) -> Frame:
    return Frame(
        payload=camera.encode(
            boot=0,
            seq=said.number,
            at=said.at.isoformat(),
            berth=said.berth,
            kind="change" if said.changed else "heartbeat",
            occupied=said.occupied,
            reading=_plate(said) if said.occupied else "",
        )
    )


def _patrol(said: Statement) -> Frame:
    return Frame(
        payload=patrol.encode(
            boot=0, seq=said.number, at=said.at.isoformat(), berth=said.berth, reading=_plate(said)
        )
    )


def _plate(said: Statement) -> str:
    if not said.plate:
        return ""
    return camera.encode_plate(plate=said.plate, colour=said.colour, confidence=said.confidence)


ENCODERS: Final[dict[str, Encoder]] = {
    geo.FAMILY: _geo,
    camera.FAMILY: _camera,
    patrol.FAMILY: _patrol,
    **lorawan.ENCODERS,
    **vendorcameras.ENCODERS,
}

# Families that only ever say that a vehicle is there, or only whose it is.
SIGHT_ONLY: Final = frozenset({patrol.FAMILY, "plate-recognizer", "rekor"})
