"""Where drivers pay by code, as a city's files say it."""

from pathlib import Path

import pytest

from parking.cityparse import parse_city
from parking.errors import SourceError
from parking.ids import DeviceId, SectionId
from tests.support.smallcity import TEXTS

PAYMENT = """
[[payment]]
device_id = "PAY-1"
heartbeat_min = 60
without_codes = [{bare}]
"""


def texts(bare: str) -> dict[str, str]:
    return {**TEXTS, "city.toml": TEXTS["city.toml"] + PAYMENT.format(bare=bare)}


def test_a_channel_is_a_device_that_is_bound_to_no_berth() -> None:
    city = parse_city(Path("small"), texts('"S001"'))

    device = city.devices[DeviceId("PAY-1")]
    assert (device.family, device.berth_id) == ("payment", None)
    assert city.code_sections == {SectionId("S002")}


def test_without_a_channel_no_berth_has_a_code() -> None:
    assert parse_city(Path("small"), TEXTS).code_sections == frozenset()


@pytest.mark.parametrize(
    ("bare", "said"), [('"S009"', "section 'S009' is unknown"), ('"S001", "S001"', "names S001 twice")]
)
def test_what_is_wrong_is_said_with_its_line(bare: str, said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        parse_city(Path("small"), texts(bare))
    line = texts(bare)["city.toml"].splitlines().index(f"without_codes = [{bare}]") + 1
    assert f":{line}:" in str(caught.value)
