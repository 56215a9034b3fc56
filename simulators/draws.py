"""Random numbers without state: the same (seed, purpose, keys) give the same numbers, in any order.

Every draw hashes its keys (splitmix64), so a berth's day can be drawn without the days and berths before it.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Hashes = NDArray[np.uint64]
# One number or an array of them; arrays broadcast against each other.
Key = int | NDArray[Any]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


def key_of(text: str) -> int:
    """A 64-bit key that names this text on every machine."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def keys_of(texts: "list[str]") -> Hashes:
    """`key_of` for each text."""
    return np.array([key_of(text) for text in texts], dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Draws:
    """The source of chance of one simulated city."""

    seed: int

    def bits(self, purpose: str, *keys: Key) -> Hashes:
        """64 random bits for each combination of the broadcast keys."""
        state = np.full((1,), (self.seed ^ key_of(purpose)) & 0xFFFFFFFFFFFFFFFF, dtype=np.uint64)
        state = _mix(state)
        for key in keys:
            part = np.asarray(key).astype(np.uint64, copy=False) if not isinstance(key, int) else _scalar(key)
            state = _mix(state ^ _mix(part + _GOLDEN))
        return state

    def uniform(self, purpose: str, *keys: Key) -> Floats:
        """Uniform in [0, 1)."""
        return (self.bits(purpose, *keys) >> _S11).astype(np.float64) * 2.0**-53

    def normal(self, purpose: str, *keys: Key) -> Floats:
        """Standard normal (Box and Muller)."""
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(purpose + " r", *keys)))
        return radius * np.cos(2.0 * np.pi * self.uniform(purpose + " a", *keys))

    def exponential(self, purpose: str, *keys: Key) -> Floats:
        """Exponential with mean 1."""
        return -np.log1p(-self.uniform(purpose, *keys))

    def below(self, bound: Key, purpose: str, *keys: Key) -> Ints:
        """Whole numbers in [0, bound)."""
        return (self.uniform(purpose, *keys) * bound).astype(np.int64)

    def chance(self, share: "float | Floats", purpose: str, *keys: Key) -> Flags:
        """True with the given probability."""
        return self.uniform(purpose, *keys) < share


def _scalar(key: int) -> Hashes:
    return np.array([key & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64)


def _mix(state: Hashes) -> Hashes:
    state = (state ^ (state >> _S30)) * _MIX_1
    state = (state ^ (state >> _S27)) * _MIX_2
    return state ^ (state >> _S31)
