"""The loops of this room: judging, taking observations in, and carrying word over HTTP and MQTT."""

from enforcement.service.courier import Courier, retry_dead
from enforcement.service.herald import Herald
from enforcement.service.judging import Enforcement
from enforcement.service.observer import Observer

__all__ = ["Courier", "Enforcement", "Herald", "Observer", "retry_dead"]
