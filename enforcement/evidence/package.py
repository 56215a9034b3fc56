"""A case as one file that anybody can check offline: a zip without compression, the same bytes every time.

Because the same members give the same bytes, checking is building it again: one changed byte, even in the
zip's own headers, is found and named.
"""

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from enforcement.evidence.chain import ChainedEntry, Entry, find_break
from enforcement.evidence.items import list_items

FORMAT: Final = "citypark-evidence/1"
MANIFEST: Final = "manifest.json"
LOG: Final = "log.jsonl"
ITEMS: Final = "items/"
# What reading a zip with wrong bytes can end in.
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    struct.error,
    zlib.error,
)
# The earliest moment a zip can hold: the package's own date is in the manifest.
_NO_DATE: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check found; no faults means that the package is as it was exported."""

    case_id: str
    head: str
    files: int
    faults: tuple[str, ...]


def build_package(case_id: str, exported_at: datetime, members: Mapping[str, bytes]) -> bytes:
    """Zip the members with a manifest of their hashes; the log must be among them."""
    head = _head(members[LOG])
    manifest = {
        "format": FORMAT,
        "case_id": case_id,
        "exported_at": exported_at.isoformat(),
        "log_head": head,
        "files": {
            name: {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}
            for name, body in sorted(members.items())
        },
    }
    return _zip({MANIFEST: to_json(manifest), **members})


def verify_package(body: bytes) -> Verdict:
    """Check a package against itself: its bytes, the manifest, the chain of the log, every item of it."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members, faults = _read(archive)
    except _UNREADABLE as error:
        return Verdict(case_id="", head="", files=0, faults=(f"not a readable package: {error}",))
    try:
        manifest = json.loads(members[MANIFEST])
        listed: dict[str, dict[str, Any]] = dict(manifest["files"])
        case_id, head = str(manifest["case_id"]), str(manifest["log_head"])
    except (KeyError, TypeError, ValueError):
        return Verdict(case_id="", head="", files=0, faults=(*faults, f"{MANIFEST}: missing or broken"))
    faults += _check_files(members, listed)
    faults += _check_log(members, case_id, head)
    if not faults:
        faults += _check_bytes(body, members)
    return Verdict(case_id=case_id, head=head, files=len(members), faults=tuple(faults))


def to_json(facts: object) -> bytes:
    """Facts as JSON for people and machines, the same bytes every time."""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=1, default=str).encode()


def write_log(log: list[ChainedEntry]) -> bytes:
    """A log as lines of JSON."""
    return b"".join(
        json.dumps(
            {
                "file_id": each.entry.file_id,
                "seq": each.entry.seq,
                "at": each.entry.at.isoformat(),
                "actor_id": each.entry.actor_id,
                "role": each.entry.role,
                "action": each.entry.action,
                "body": each.entry.body,
                "previous": each.previous,
                "digest": each.digest,
            },
            ensure_ascii=False,
            sort_keys=True,
        ).encode()
        + b"\n"
        for each in log
    )


def read_log(body: bytes) -> list[ChainedEntry]:
    """Inverse of `write_log`; raises ValueError or KeyError for other bytes."""
    log = []
    for line in body.decode().splitlines():
        facts = json.loads(line)
        previous, digest = facts.pop("previous"), facts.pop("digest")
        entry = Entry(**facts | {"at": datetime.fromisoformat(facts["at"])})
        log.append(ChainedEntry(entry=entry, previous=previous, digest=digest))
    return log


def _zip(members: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            place = zipfile.ZipInfo(name, _NO_DATE)
            place.create_system = 3
            archive.writestr(place, members[name])
    return target.getvalue()


def _read(archive: zipfile.ZipFile) -> tuple[dict[str, bytes], list[str]]:
    members, faults = {}, []
    for name in archive.namelist():
        try:
            members[name] = archive.read(name)
        except _UNREADABLE as error:
            faults.append(f"{name}: was changed ({error})")
    return members, faults


def _check_files(members: Mapping[str, bytes], listed: Mapping[str, Mapping[str, Any]]) -> list[str]:
    faults = [f"{name}: not in the manifest" for name in members if name not in {*listed, MANIFEST}]
    for name, facts in sorted(listed.items()):
        if name not in members:
            faults.append(f"{name}: missing")
        elif hashlib.sha256(members[name]).hexdigest() != facts.get("sha256"):
            faults.append(f"{name}: was changed")
    return faults


def _check_log(members: Mapping[str, bytes], case_id: str, head: str) -> list[str]:
    try:
        log = read_log(members[LOG])
    except (KeyError, TypeError, ValueError):
        return [f"{LOG}: missing or broken"]
    faults = []
    if broken := find_break(log):
        faults.append(f"{LOG}: {broken}")
    if not log or log[-1].digest != head:
        faults.append(f"{LOG}: does not end where the manifest says")
    if any(each.entry.file_id != case_id for each in log):
        faults.append(f"{LOG}: belongs to another case")
    for item in list_items(log):
        name = f"{ITEMS}{item['digest']}"
        if name not in members:
            faults.append(f"{name}: named in the log and missing")
        elif hashlib.sha256(members[name]).hexdigest() != item["digest"]:
            faults.append(f"{name}: is not what the log names")
    return faults


def _check_bytes(body: bytes, members: Mapping[str, bytes]) -> list[str]:
    """Find the first byte that differs from the package built again, and the member it belongs to."""
    again = _zip(members)
    if again == body:
        return []
    at = next(
        (i for i, (a, b) in enumerate(zip(body, again, strict=False)) if a != b), min(len(body), len(again))
    )
    with zipfile.ZipFile(io.BytesIO(again)) as archive:
        starts = [(info.header_offset, info.filename) for info in archive.infolist()]
    name = max((each for each in starts if each[0] <= at), default=(0, "the package"))[1]
    return [f"byte {at} was changed, at or after the header of {name}"]


def _head(log: bytes) -> str:
    entries = read_log(log)
    return entries[-1].digest if entries else ""
