"""Geomagnetic berth sensor, Citypark JSON version 1 (`deploy/asyncapi.yaml`, GeoReading)."""

FAMILY = "geo"


def encode(*, boot: int, seq: int, at: str, kind: str, occupied: bool, vitals: str = "") -> bytes:
    """One message; `vitals` is what `encode_vitals` gave, for regular reports."""
    state = "true" if occupied else "false"
    return (
        f'{{"v":1,"boot":{boot},"seq":{seq},"at":"{at}","kind":"{kind}","occupied":{state}{vitals}}}'
    ).encode()


def encode_vitals(*, battery_v: float, rssi_dbm: int) -> str:
    """The device's own state, ready to be put into its messages."""
    return f',"battery_v":{battery_v:.2f},"rssi_dbm":{rssi_dbm}'
