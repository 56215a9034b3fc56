"""The two loops of this room: judging, and carrying word of it."""

from enforcement.service.courier import Courier, retry_dead
from enforcement.service.judging import Enforcement

__all__ = ["Courier", "Enforcement", "retry_dead"]
