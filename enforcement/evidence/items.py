"""An item of evidence as the log of its case tells it, and the pictures among them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from enforcement.evidence.chain import ChainedEntry
from enforcement.evidence.gat832 import Shot, Shows
from enforcement.evidence.pictures import MediaType, Picture
from enforcement.ports import Digest
from parking.span import require_utc


class ItemKind(StrEnum):
    """What was added."""

    PICTURE = "picture"
    DOCUMENT = "document"  # a signed consent, an approval, a statement on paper


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFacts:
    """What whoever adds a picture says of it."""

    name: str
    device_id: str
    taken_at: datetime
    clock_error_ms: int | None
    shows: frozenset[Shows]


def picture_body(facts: PictureFacts, picture: Picture, digest: Digest, size: int) -> dict[str, Any]:
    """Particulars of a picture for the log; whole numbers and texts only, so that its hash is stable."""
    return {
        "kind": ItemKind.PICTURE.value,
        "digest": digest,
        "bytes": size,
        "name": facts.name,
        "device_id": facts.device_id,
        "taken_at": require_utc(facts.taken_at).isoformat(),
        "clock_error_ms": facts.clock_error_ms,
        "shows": sorted(facts.shows),
        "media_type": picture.media_type.value,
        "width": picture.width,
        "height": picture.height,
        "colour_bits": picture.colour_bits,
    }


def document_body(name: str, digest: Digest, size: int) -> dict[str, Any]:
    """Particulars of a document for the log."""
    return {"kind": ItemKind.DOCUMENT.value, "digest": digest, "bytes": size, "name": name}


def list_items(log: Iterable[ChainedEntry]) -> list[Mapping[str, Any]]:
    """Every item on file, in order: added by staff, or attached to a defence."""
    items: list[Mapping[str, Any]] = []
    for each in log:
        body = each.entry.body
        items += [body] if "digest" in body else body.get("attachments", [])
    return items


def list_shots(log: Iterable[ChainedEntry]) -> list[Shot]:
    """The pictures on file, as the standard looks at them."""
    return [
        Shot(
            name=body["name"],
            picture=Picture(
                media_type=MediaType(body["media_type"]),
                width=body["width"],
                height=body["height"],
                colour_bits=body["colour_bits"],
            ),
            taken_at=datetime.fromisoformat(body["taken_at"]),
            clock_error=None
            if body["clock_error_ms"] is None
            else timedelta(milliseconds=body["clock_error_ms"]),
            shows=frozenset(map(Shows, body["shows"])),
        )
        for body in list_items(log)
        if body["kind"] == ItemKind.PICTURE
    ]
