"""Hand-held of a patrol, Citypark JSON version 1 (`deploy/asyncapi.yaml`, PatrolReading)."""

from simulators.devices import camera

FAMILY = "patrol"


def encode(*, boot: int, seq: int, at: str, berth: str, reading: str) -> bytes:
    """One sighting; `reading` is what `camera.encode_plate` gave."""
    return camera.encode(
        boot=boot, seq=seq, at=at, berth=berth, kind="sighting", occupied=True, reading=reading
    )
