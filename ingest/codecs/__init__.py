"""One module per device family: pure functions from a message to a reading.

A codec is `decode(raw, device_id) -> Reading`; it raises `Malformed` for bytes that it cannot read and
never anything else. To add a family: write its module, name it in `CODECS`, add its golden frames.
"""

from collections.abc import Callable
from typing import Final

from ingest.codecs import citypark_camera, citypark_geo, citypark_patrol
from parking.ids import DeviceId
from parking.readings import RawMessage, Reading

Codec = Callable[[RawMessage, DeviceId], Reading]

CODECS: Final[dict[str, Codec]] = {
    citypark_geo.FAMILY: citypark_geo.decode,
    citypark_camera.FAMILY: citypark_camera.decode,
    citypark_patrol.FAMILY: citypark_patrol.decode,
}
