"""Keys of the HTTP doors: each camera and platform has its own, derived from one secret of the city's."""

import hmac
from hashlib import sha256
from typing import Final

from parking.errors import SetupError

CTWING: Final = "platform:ctwing"

_SHORTEST_SECRET: Final = 16
_KEY_LENGTH: Final = 40


class DoorKeys:
    """Makes and checks keys. Who knows one key learns nothing of another; a new secret changes all.

    Raises SetupError for a secret that could be guessed.
    """

    def __init__(self, secret: str) -> None:
        if len(secret) < _SHORTEST_SECRET:
            raise SetupError(
                f"CITYPARK_DOOR_SECRET has {len(secret)} characters: set it to {_SHORTEST_SECRET} or more"
            )
        self._secret = secret.encode()

    def key_of(self, name: str) -> str:
        """The key of a camera, by its id, or of a platform."""
        return hmac.new(self._secret, name.encode(), sha256).hexdigest()[:_KEY_LENGTH]

    def opens(self, name: str, key: str) -> bool:
        """Whether the key is that of this name; takes as long for a wrong one."""
        return hmac.compare_digest(self.key_of(name).encode(), key.encode())
