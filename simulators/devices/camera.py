"""Camera over kerb berths, Citypark JSON version 1 (`deploy/asyncapi.yaml`, CameraReading)."""

FAMILY = "camera"


def encode(
    *, boot: int, seq: int, at: str, berth: str, kind: str, occupied: bool, reading: str = ""
) -> bytes:
    """One message; `reading` is what `encode_plate` gave where a plate was read."""
    state = "true" if occupied else "false"
    return (
        f'{{"v":1,"boot":{boot},"seq":{seq},"at":"{at}","berth":"{berth}","kind":"{kind}",'
        f'"occupied":{state}{reading}}}'
    ).encode()


def encode_plate(*, plate: str, colour: str, confidence: float) -> str:
    """A plate as it was read."""
    return f',"plate":"{plate}","plate_colour":"{colour}","confidence":{confidence:.2f}'
