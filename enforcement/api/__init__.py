"""The routes of this room, to be mounted under the API's prefix."""

from enforcement.api.violations import enforcement_router

__all__ = ["enforcement_router"]
