"""Routes of ingest: doors for cameras that post, the register of devices, and refused messages."""

from ingest.api.devices import devices_router
from ingest.api.doors import MAX_BODY_BYTES, doors_router

__all__ = ["MAX_BODY_BYTES", "devices_router", "doors_router"]
