"""What drivers pay through, Citypark JSON version 1 (`deploy/asyncapi.yaml`, Payment)."""

from simulators.plates import Vehicle

FAMILY = "payment"


def encode(*, seq: int, at: str, since: str, berth: str, vehicle: Vehicle) -> bytes:
    """One payment at the berth, and since when its driver says that he stood there."""
    return (
        f'{{"v":1,"seq":{seq},"at":"{at}","since":"{since}","berth":"{berth}",'
        f'"plate":"{vehicle.plate}","plate_colour":"{vehicle.colour}"}}'
    ).encode()
