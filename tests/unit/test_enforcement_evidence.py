"""Pictures, the standard they must meet, the files they are kept in, and the log that cannot be rewritten."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from enforcement.evidence.chain import GENESIS, ChainedEntry, Entry, append, find_break
from enforcement.evidence.gat832 import Shot, Shows, check_shot, check_shots
from enforcement.evidence.pictures import LARGEST_BYTES, MediaType, Picture, RefusedPicture, read_picture
from enforcement.ports import Digest
from enforcement.store.blobfiles import FileBlobs, TamperedError
from parking.errors import UnavailableError
from tests.support.enforcement import minute
from tests.support.pictures import jpeg, png

GOOD = Picture(media_type=MediaType.JPEG, width=1920, height=1080, colour_bits=24)
FIRST = Shot(
    name="one",
    picture=GOOD,
    taken_at=minute(0),
    clock_error=timedelta(milliseconds=-400),
    shows=frozenset(Shows),
)
SECOND = replace(FIRST, name="two", taken_at=minute(1))


def test_headers_are_read() -> None:
    assert read_picture(jpeg()) == GOOD
    assert read_picture(png(1280, 720)) == Picture(
        media_type=MediaType.PNG, width=1280, height=720, colour_bits=24
    )
    grey = read_picture(jpeg(components=1))
    assert isinstance(grey, Picture)
    assert grey.colour_bits == 8


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "neither"),
        (b"GIF89a", "neither"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "broken"),
        (png()[:20], "broken"),
        (png(0, 10), "broken"),
        (b"\xff\xd8", "broken"),
        (b"\xff\xd8\x00\x00\x00\x00", "broken"),
        (b"\xff\xd8\xff\xe0\x00\x00" * 3, "broken"),
        (jpeg()[:-12], "broken"),
        (jpeg() + bytes(40 * 1024 * 1024), f"at most {LARGEST_BYTES}"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(body: bytes, detail: str) -> None:
    refused = read_picture(body)
    assert isinstance(refused, RefusedPicture)
    assert detail in refused.detail


def test_two_panoramas_ten_seconds_apart_pass() -> None:
    assert check_shots([FIRST, SECOND]) == []
    assert check_shots([FIRST, replace(SECOND, taken_at=FIRST.taken_at + timedelta(seconds=10))]) == []


@pytest.mark.parametrize(
    ("second", "clause"),
    [
        (replace(SECOND, taken_at=FIRST.taken_at + timedelta(seconds=9.9)), "3.5 b)"),
        (replace(SECOND, shows=frozenset(Shows) - {Shows.LANDMARK}), "3.3.1"),
        (replace(SECOND, clock_error=timedelta(seconds=1.1)), "3.2"),
        (replace(SECOND, clock_error=timedelta(seconds=-51)), "3.2"),
        (replace(SECOND, clock_error=None), "3.2"),
        (replace(SECOND, picture=replace(GOOD, width=1279)), "3.4 c)"),
        (replace(SECOND, picture=replace(GOOD, height=576)), "3.4 c)"),
        (replace(SECOND, picture=replace(GOOD, colour_bits=8)), "3.4 a)"),
    ],
)
def test_a_failing_clause_is_named(second: Shot, clause: str) -> None:
    faults = check_shots([FIRST, second])
    assert [fault.clause for fault in faults] == [clause]
    assert faults[0].detail


def test_one_picture_is_not_enough_and_says_what_the_other_lacks() -> None:
    close_up = replace(SECOND, shows=frozenset({Shows.PLATE}))
    assert check_shot(close_up) == []
    (fault,) = check_shots([FIRST, close_up])
    assert "two lacks colour, front_or_rear, landmark, type" in fault.detail


def test_a_blob_is_kept_once_under_its_hash(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "evidence")
    digest = blobs.put(b"picture")
    assert blobs.put(b"picture") == digest
    assert blobs.find(digest) == b"picture"
    assert blobs.find(Digest("0" * 64)) is None
    assert [path.name for path in (tmp_path / "evidence").rglob("*") if path.is_file()] == [digest]


def test_a_changed_blob_does_not_pass_for_itself(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    digest = blobs.put(b"picture")
    path = tmp_path / digest[:2] / digest
    path.chmod(0o600)
    path.write_bytes(b"Picture")
    with pytest.raises(TamperedError, match=digest):
        blobs.find(digest)


def test_a_name_that_is_no_hash_reaches_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        FileBlobs(tmp_path).find(Digest("../../etc/passwd"))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnavailableError, match=r"evidence cannot be written: .*file"):
        FileBlobs(tmp_path / "file" / "evidence").put(b"x")


@pytest.fixture
def chain() -> list[ChainedEntry]:
    entries, previous = list[ChainedEntry](), GENESIS
    for seq in range(1, 5):
        body = {"note": "复核", "number": seq}
        entry = Entry(
            file_id="C-1", seq=seq, at=minute(seq), actor_id="O-1", role="officer", action="note", body=body
        )
        entries.append(append(entry, previous))
        previous = entries[-1].digest
    return entries


def test_a_whole_chain_is_whole(chain: list[ChainedEntry]) -> None:
    assert find_break(chain) is None
    assert find_break([]) is None


def test_any_change_of_the_log_shows(chain: list[ChainedEntry]) -> None:
    changed = replace(chain[1], entry=replace(chain[1].entry, actor_id="O-2"))
    assert find_break([chain[0], changed, *chain[2:]]) == "entry 2 was changed"
    rehashed = append(changed.entry, chain[0].digest)
    assert find_break([chain[0], rehashed, *chain[2:]]) == "entry 3 does not follow the one before it"
    assert find_break([chain[0], *chain[2:]]) == "entry 2 is missing"
    assert find_break([chain[0], chain[2], chain[1], chain[3]]) == "entry 2 is missing"
