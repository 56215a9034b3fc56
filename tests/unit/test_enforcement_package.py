"""The exported package: the same bytes every time, and any change of one found and named."""

import hashlib
import json
import re
import zipfile
from io import BytesIO
from typing import Any

import pytest

from enforcement.evidence.chain import GENESIS, ChainedEntry, Entry, append
from enforcement.evidence.package import LOG, build_package, read_log, verify_package, write_log
from enforcement.evidence.pdf import Block, Photo, write_pdf
from tests.support.enforcement import minute
from tests.support.pictures import jpeg, png

ITEM = b"a picture, or what stands for one"
DIGEST = "d97caff5d73fa1b8c6a7e6aed0a5fbb0b1a9d0d3d1f3a1d5a7f6b5b1c2d3e4f5"


def log_of(digest: str) -> list[ChainedEntry]:
    bodies: list[dict[str, Any]] = [
        {"note": "登记"},
        {"kind": "document", "digest": digest, "bytes": len(ITEM), "name": "照片"},
    ]
    entries, previous = list[ChainedEntry](), GENESIS
    for seq, body in enumerate(bodies, start=1):
        entry = Entry(
            file_id="C-1", seq=seq, at=minute(seq), actor_id="O-1", role="officer", action="open", body=body
        )
        entries.append(append(entry, previous))
        previous = entries[-1].digest
    return entries


def package(**other: bytes) -> bytes:
    digest = hashlib.sha256(ITEM).hexdigest()
    members = {LOG: write_log(log_of(digest)), f"items/{digest}": ITEM, "case.json": b"{}"} | other
    return build_package("C-1", minute(0), members)


def test_a_package_is_the_same_every_time_and_verifies() -> None:
    body = package()
    assert body == package()
    verdict = verify_package(body)
    assert (verdict.case_id, verdict.files, verdict.faults) == ("C-1", 4, ())
    assert verdict.head == read_log(zipfile.ZipFile(BytesIO(body)).read(LOG))[-1].digest


def test_every_changed_byte_is_found() -> None:
    body = package()
    for at in range(len(body)):
        changed = bytearray(body)
        changed[at] ^= 0x20
        verdict = verify_package(bytes(changed))
        assert verdict.faults, at


@pytest.mark.parametrize("name", ["case.json", LOG, "items/"])
def test_the_changed_member_is_named(name: str) -> None:
    body = package()
    with zipfile.ZipFile(BytesIO(body)) as archive:
        info = next(each for each in archive.infolist() if each.filename.startswith(name))
        start = info.header_offset + 30 + len(info.filename)
    changed = bytearray(body)
    changed[start] ^= 0x01
    faults = verify_package(bytes(changed)).faults
    assert any(fault.startswith(info.filename) and "changed" in fault for fault in faults), faults


def rebuilt(**other: bytes | None) -> bytes:
    """A package built anew from changed members, with the old manifest."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(package())) as archive, zipfile.ZipFile(target, "w") as forged:
        members = {name: archive.read(name) for name in archive.namelist()}
        for name, content in (members | other).items():
            if content is not None:
                forged.writestr(name, content)
    return target.getvalue()


def test_members_that_vanish_or_turn_up_are_named() -> None:
    (fault,) = verify_package(rebuilt(**{"case.json": None})).faults
    assert fault == "case.json: missing"
    (fault,) = verify_package(rebuilt(**{"extra.txt": b"x"})).faults
    assert fault == "extra.txt: not in the manifest"
    (fault,) = verify_package(rebuilt(**{"manifest.json": b"[]"})).faults
    assert fault == "manifest.json: missing or broken"


def test_a_forged_manifest_does_not_hide_a_changed_log_or_item() -> None:
    digest = hashlib.sha256(ITEM).hexdigest()
    log = write_log(log_of(digest)).replace("登记".encode(), "更改".encode())
    forged = build_package("C-1", minute(0), {LOG: log, f"items/{digest}": ITEM})
    assert verify_package(forged).faults == (f"{LOG}: entry 1 was changed",)
    swapped = build_package("C-1", minute(0), {LOG: write_log(log_of(digest)), f"items/{digest}": b"other"})
    assert verify_package(swapped).faults == (f"items/{digest}: is not what the log names",)
    lost = build_package("C-1", minute(0), {LOG: write_log(log_of(DIGEST))})
    assert verify_package(lost).faults == (f"items/{DIGEST}: named in the log and missing",)
    foreign = build_package("C-2", minute(0), {LOG: write_log(log_of(digest)), f"items/{digest}": ITEM})
    assert verify_package(foreign).faults == (f"{LOG}: belongs to another case",)


@pytest.mark.parametrize("body", [b"", b"PK", b"nonsense" * 100, json.dumps({}).encode()])
def test_what_is_no_package_is_said_to_be_none(body: bytes) -> None:
    (fault,) = verify_package(body).faults
    assert fault.startswith("not a readable package")


def test_pages_hold_chinese_text_and_photos() -> None:
    long = [Block(text="泊位" * 200) for _ in range(20)]
    blocks = [Block(text="案件", is_heading=True), Block(text="a\nb\x00"), *long]
    photos = [Photo(content=jpeg(), caption="全景一"), Photo(content=png(), caption="全景二")]
    body = write_pdf(blocks, photos)
    assert body == write_pdf(blocks, photos)
    assert "案件".encode("utf-16-be").hex().encode() in body
    assert body.count(b"/Subtype /Image") == 1
    assert jpeg() in body
    pages = body.count(b"/Type /Page ")
    assert f"/Count {pages} ".encode() in body
    assert pages > 4
    (start,) = re.findall(rb"startxref\n(\d+)\n%%EOF\n$", body)
    assert body[int(start) :].startswith(b"xref\n")
    for number, offset in enumerate(re.findall(rb"(\d{10}) 00000 n ", body), start=1):
        assert body[int(offset) :].startswith(f"{number} 0 obj".encode())
