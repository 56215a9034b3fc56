"""Device that tells what stands where it should not (`deploy/asyncapi.yaml`, AreaObservation)."""

import json


def encode(*, boot: int, seq: int, at: str, scene: str, **other: object) -> bytes:
    """One message; what is None is left out."""
    body = {"v": 1, "boot": boot, "seq": seq, "at": at, "scene": scene, **other}
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()
