"""How others are told of violations: what is sent, how it is signed, and when to try again. Pure.

Each event is sent at least once and in order. The receiver tells a repeated one by `X-Citypark-Event`, and a
forged one by `X-Citypark-Signature: t=<seconds>,v1=<hex>`: HMAC-SHA256 over `<seconds>.<body>`.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NewType

from parking.span import require_utc

WebhookId = NewType("WebhookId", str)

FIRST_PAUSE: Final = timedelta(seconds=2)
LONGEST_PAUSE: Final = timedelta(minutes=30)
# With doubling pauses the last attempt comes about four hours after the first.
MOST_ATTEMPTS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One receiver and how far it was told."""

    webhook_id: WebhookId
    url: str
    secret: str
    after_no: int
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent for one event."""

    event_no: int
    body: bytes
    headers: Mapping[str, str]


def write_letter(webhook: Webhook, event: Mapping[str, Any], at: datetime) -> Letter:
    """Write and sign the letter of an event, a row of the feed."""
    moment = require_utc(event["at"]).isoformat()
    facts = {**event["body"], "violation_id": event["violation_id"], "event": event["event"], "at": moment}
    body = json.dumps({"event_no": event["event_no"], **facts}, ensure_ascii=False, sort_keys=True).encode()
    return Letter(
        event_no=event["event_no"],
        body=body,
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "X-Citypark-Event": str(event["event_no"]),
            "X-Citypark-Signature": sign(webhook.secret, body, at),
        },
    )


def sign(secret: str, body: bytes, at: datetime) -> str:
    """Signature of a body sent at a moment."""
    seconds = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def is_genuine(secret: str, body: bytes, signature: str) -> bool:
    """Whether the signature is that of the body: what a receiver checks."""
    parts = dict(part.partition("=")[::2] for part in signature.split(","))
    seconds, claimed = parts.get("t", ""), parts.get("v1", "")
    if not seconds.isdecimal():
        return False
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(digest, claimed)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: doubling, up to a cap."""
    doublings = min(attempts - 1, 20)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
