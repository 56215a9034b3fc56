"""One module per device family: pure functions from a payload to readings.

A codec is `decode(uplink, sender) -> readings`, none of them for a message that says nothing of a berth; it
raises `Refused` for bytes that it cannot read and never anything else. To add a family: write its module,
name it below, add its golden frames.
"""

from typing import Final

from ingest.codecs import (
    bosch_tps110,
    citypark_camera,
    citypark_geo,
    citypark_patrol,
    citypark_payment,
    dahua,
    dingtek,
    frigate,
    hikvision,
    libelium,
    netvox_r719a,
    nwave,
    plate_recognizer,
    pni_placepod,
    rekor,
    wxhs_pmd,
)
from ingest.codecs.uplink import Codec

# Heard through a network server, which names the device and leaves its family to the registry.
NETWORKED: Final[dict[str, Codec]] = {
    bosch_tps110.FAMILY: bosch_tps110.decode,
    nwave.NPS310SM: nwave.decode_nps310sm,
    nwave.NPS405: nwave.decode_nps405,
    nwave.NPS405_STATUS_IN_BIT_7: nwave.decode_nps405,
    dingtek.DO200: dingtek.decode,
    dingtek.DO201: dingtek.decode,
    dingtek.DO202: dingtek.decode,
    netvox_r719a.FAMILY: netvox_r719a.decode,
    pni_placepod.FAMILY: pni_placepod.decode,
    libelium.FAMILY: libelium.decode,
    wxhs_pmd.FAMILY: wxhs_pmd.decode,
}
CODECS: Final[dict[str, Codec]] = NETWORKED | {
    citypark_geo.FAMILY: citypark_geo.decode,
    citypark_camera.FAMILY: citypark_camera.decode,
    citypark_patrol.FAMILY: citypark_patrol.decode,
    citypark_payment.FAMILY: citypark_payment.decode,
    frigate.FAMILY: frigate.decode,
    hikvision.FAMILY: hikvision.decode,
    dahua.FAMILY: dahua.decode,
    plate_recognizer.FAMILY: plate_recognizer.decode,
    rekor.FAMILY: rekor.decode,
}
