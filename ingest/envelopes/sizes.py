"""How long a message may be."""

from typing import Final

from ingest.codecs.malformed import TooLarge

# The largest message of any sensor is far smaller; more is a mistake or an attack.
MAX_PAYLOAD_BYTES: Final = 16_384
# A network server adds a record for every gateway that heard the frame; there are a hundred at the most.
MAX_SERVER_BYTES: Final = 65_536
# Cameras that put pictures of the plate and the path of the vehicle into their JSON.
MAX_CAMERA_BYTES: Final = 262_144


def limit(payload: bytes, most: int = MAX_PAYLOAD_BYTES) -> None:
    """Raise TooLarge for a message longer than that."""
    if len(payload) > most:
        raise TooLarge(f"{len(payload)} bytes, at most {most} are read")
