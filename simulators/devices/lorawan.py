"""Berth sensors behind a LoRaWAN network server, each in the bytes that its vendor's paper gives.

Sources: Bosch TPS110 communication interface (ports 1 and 2), the worked examples of TheThingsNetwork's
lorawan-devices for Nwave, Dingtek and Netvox, PNI's PlacePod tags, Libelium's Smart Parking manual.
"""

from collections.abc import Callable
from typing import Final

from simulators.devices.statement import Frame, Statement

# Models as Dingtek's frames name them, and whether their frames carry a temperature.
_DINGTEK: Final = {"DO200": (0x0002, False), "DO201": (0x0031, True), "DO202": (0x0032, True)}
_LOW_V: Final = 3.2


def bosch_tps110(said: Statement) -> Frame:
    """Port 1: one byte, bit 0 the status. Port 2: the same, and the temperature."""
    status = bytes([said.occupied])
    return Frame(port=1, payload=status) if said.changed else Frame(port=2, payload=status + _celsius(said))


def nwave_nps310sm(said: Statement) -> Frame:
    """Port 1 after a change, port 2 as heartbeat; bit 0 is the status."""
    return Frame(port=1 if said.changed else 2, payload=bytes([said.occupied]))


def nwave_nps405(said: Statement) -> Frame:
    """Bit 0 is the status, the upper seven bits how long the state before lasted."""
    return _nps405(said, said.occupied | _count(said.lasted_min) << 1)


def nwave_nps405_bit7(said: Statement) -> Frame:
    """The other bit order: status in bit 7, duration below."""
    return _nps405(said, said.occupied << 7 | _count(said.lasted_min))


def _nps405(said: Statement, status: int) -> Frame:
    if said.changed:
        return Frame(port=1, payload=bytes([status]))
    # Battery in steps of 4 mV from 2.5 V to 3.52, temperature in half degrees around 10.
    battery = min(255, round((said.battery_v * 1000 - 2500) / 4))
    return Frame(port=2, payload=bytes([status, battery, (said.temperature_c - 10) * 2 & 0xFF]))


def _count(minutes: int | None) -> int:
    """Minutes below 90, then steps of five minutes, from four hours steps of an hour; 127 is overflow."""
    if minutes is None:
        return 127
    if minutes < 90:
        return minutes
    if minutes < 240:
        return 90 + (minutes - 90) // 5
    return min(127, 120 + (minutes - 240) // 60)


def _dingtek(model: str) -> Callable[[Statement], Frame]:
    number, has_temperature = _DINGTEK[model]

    def encode(said: Statement) -> Frame:
        """80, model, type, length, two bytes of level, alarms, voltage, field in three axes, ..., 81."""
        low = said.battery_v < _LOW_V
        body = b"\0\0" + bytes([said.occupied << 4, low]) + round(said.battery_v * 100).to_bytes(2, "big")
        body += b"\x00\x79\xff\xb0\xff\xf5" if not has_temperature else b"\x00\x10\xff\xf6\xff\xf0"
        body += _celsius(said) + b"\x2d" if has_temperature else b""
        body += (said.number & 0xFFFF).to_bytes(2, "big") + b"\0"
        head = b"\x80" + number.to_bytes(2, "big") + bytes([1 if said.changed else 2])
        return Frame(port=3, payload=head + bytes([len(head) + len(body) + 2]) + body + b"\x81")

    return encode


def netvox_r719a(said: Statement) -> Frame:
    """Version 1, type 59, report 1, tenths of a volt with bit 7 for a low battery, status, six zeros."""
    volts = round(said.battery_v * 10) | (0x80 if said.battery_v < _LOW_V else 0)
    return Frame(port=6, payload=bytes([1, 0x59, 1, volts, said.occupied]) + bytes(6))


def pni_placepod(said: Statement) -> Frame:
    """Tag 15 after a change, tag 37 as keep-alive; with the keep-alive also battery and temperature."""
    status = bytes([0x15 if said.changed else 0x37, 0x66, said.occupied])
    if said.changed:
        return Frame(port=2, payload=status)
    battery = b"\x03\x02" + round(said.battery_v * 100).to_bytes(2, "big")
    temperature = b"\x02\x67" + (said.temperature_c * 10).to_bytes(2, "big", signed=True)
    return Frame(port=2, payload=battery + temperature + status)


def libelium(said: Statement) -> Frame:
    """Firmware 2.x: status, battery and type in the first byte, then a counter and nine bytes of detail."""
    first = said.occupied << 7 | (said.battery_v < _LOW_V) << 6 | (0 if said.changed else 1)
    detail = b"\x00" + _celsius(said) + b"\x00\x10\xff\xf6\xff\xf0\x00"
    return Frame(port=3, payload=bytes([first, said.number & 0xFF]) + detail)


def _celsius(said: Statement) -> bytes:
    return said.temperature_c.to_bytes(1, "big", signed=True)


ENCODERS: Final[dict[str, Callable[[Statement], Frame]]] = {
    "bosch-tps110": bosch_tps110,
    "nwave-nps310sm": nwave_nps310sm,
    "nwave-nps405": nwave_nps405,
    "nwave-nps405-bit7": nwave_nps405_bit7,
    "dingtek-do200": _dingtek("DO200"),
    "dingtek-do201": _dingtek("DO201"),
    "dingtek-do202": _dingtek("DO202"),
    "netvox-r719a": netvox_r719a,
    "pni-placepod": pni_placepod,
    "libelium-parking": libelium,
}
