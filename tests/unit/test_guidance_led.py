"""The preview of a sign draws what its LED matrix would show."""

import struct
import zlib

import numpy as np
import pytest

from app.http import build_app
from guidance.api import guidance_router
from guidance.board import Counts
from guidance.led import LINE_DOTS, MARGIN_DOTS, NARROWEST_DOTS, draw, encode_png
from guidance.signs import FrameRow, compose
from parking.ids import SignId
from tests.support.asgi import Asker
from tests.support.guidance import FREE, FlatQuotes, NoLoans, belief, no_streams, small_desk
from tests.support.smallcity import small_city

SIGN = small_city().signs[SignId("L2-01")]
PREVIEW = f"/api/v1/signs/{SIGN.sign_id}/preview.png"
FREE_COLOUR, FULL_COLOUR = 2, 4


def rows(free: int) -> tuple[FrameRow, ...]:
    return compose(SIGN, [Counts(free, 40, 0, 0), Counts(0, 40, 0, 0)], fresh=True)


def decode(png: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Palette indexes of a PNG without filters."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    found, place = {}, 8
    while place < len(png):
        (size,) = struct.unpack(">I", png[place : place + 4])
        kind, body = png[place + 4 : place + 8], png[place + 8 : place + 8 + size]
        (check,) = struct.unpack(">I", png[place + 8 + size : place + 12 + size])
        assert check == zlib.crc32(kind + body)
        found[kind] = body
        place += 12 + size
    width, height = struct.unpack(">II", found[b"IHDR"][:8])
    lines = np.frombuffer(zlib.decompress(found[b"IDAT"]), dtype=np.uint8).reshape(height, width + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:]


def test_each_row_is_a_line_of_dots_in_the_colour_of_its_word() -> None:
    dots = draw(rows(12))

    wide = sum(16 if character > "\u2fff" else 8 for character in rows(12)[0].text)
    height = 2 * (LINE_DOTS + MARGIN_DOTS) + MARGIN_DOTS
    assert dots.shape == (height, max(wide, NARROWEST_DOTS) + 2 * MARGIN_DOTS)
    upper, lower = dots[: LINE_DOTS + MARGIN_DOTS], dots[LINE_DOTS + MARGIN_DOTS :]
    assert FREE_COLOUR in upper
    assert FULL_COLOUR in lower
    assert FREE_COLOUR not in lower


def test_other_text_gives_other_dots_and_an_unknown_character_some() -> None:
    strange = tuple(
        FrameRow(
            name="", name_en="", direction=row.direction, distance_m=1, free=None, unknown=0, word=row.word,
            text="\U0001f697", text_en="",
        )
        for row in rows(12)
    )  # fmt: skip

    assert not np.array_equal(draw(rows(12)), draw(rows(13)))
    assert not np.array_equal(draw(rows(12)), draw(rows(12), english=True))
    assert FREE_COLOUR in draw(strange)
    assert FREE_COLOUR not in draw(strange, english=True)


@pytest.mark.parametrize("scale", [1, 2, 3, 8])
def test_the_png_holds_every_dot(scale: int) -> None:
    dots = draw(rows(12))

    pixels = decode(encode_png(dots, scale))

    assert pixels.shape == (dots.shape[0] * scale, dots.shape[1] * scale)
    assert np.array_equal(pixels[::scale, ::scale], dots)
    assert (0 in pixels) == (scale > 2)


def test_a_sign_without_rows_is_a_dark_panel() -> None:
    assert set(np.unique(draw(())).tolist()) == {1}


def test_the_route_sends_what_the_sign_should_show_and_dark_where_it_was_given_nothing() -> None:
    desk = small_desk(belief("A-1", FREE))
    app = build_app([guidance_router(desk, no_streams(), NoLoans(), FlatQuotes())], [], [])
    asker = Asker(app)

    should = asker.get(PREVIEW, params={"scale": 1})
    given = asker.get(PREVIEW, params={"scale": 1, "what": "given"})
    again = asker.get(PREVIEW, params={"scale": 1}, headers={"If-None-Match": should.headers["etag"]})

    assert should.headers["content-type"] == "image/png"
    expected = desk.plan.rows(SIGN.sign_id, desk.plan.add_up(desk.latest.view), desk.clock.now(), fresh=True)
    assert np.array_equal(decode(should.content), draw(expected))
    assert set(np.unique(decode(given.content)).tolist()) == {1}
    assert again.status_code == 304
    assert asker.get(PREVIEW, params={"scale": 9}).status_code == 422
