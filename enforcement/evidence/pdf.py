"""Pages of Chinese text and JPEG pictures as a PDF, written by hand: lines, headings, nothing else.

The font is the standard's own STSong-Light with UniGB-UCS2-H, which readers bring along or replace by a
Chinese font of the system: nothing is embedded, so the file stays small and the same for the same input.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from enforcement.evidence.pictures import MediaType, Picture, read_picture

# A4 in points, with margins.
WIDTH: Final = 595
HEIGHT: Final = 842
MARGIN: Final = 56
BODY_SIZE: Final = 10.5
HEADING_SIZE: Final = 14.0
LEADING: Final = 1.6
_FONT: Final = """<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H
/DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light
/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000 /W [1 95 500]
/FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880]
/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >> >>] >>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, or a heading."""

    text: str
    is_heading: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A JPEG with the line below it."""

    content: bytes
    caption: str


def write_pdf(blocks: Iterable[Block], photos: Sequence[Photo] = ()) -> bytes:
    """Lay the blocks out on pages, then each photo on its own; photos that are no JPEG are named only."""
    pages: list[tuple[str, bytes | None]] = [(page, None) for page in _text_pages(list(blocks))]
    for photo in photos:
        picture = read_picture(photo.content)
        if isinstance(picture, Picture) and picture.media_type is MediaType.JPEG:
            pages.append((_photo_page(picture, photo.caption), photo.content))
        else:
            pages.extend((page, None) for page in _text_pages([Block(text=photo.caption)]))
    return _assemble(pages)


def _text_pages(blocks: Sequence[Block]) -> Iterator[str]:
    commands: list[str] = []
    top: float = HEIGHT - MARGIN
    for block in blocks:
        size = HEADING_SIZE if block.is_heading else BODY_SIZE
        for line in _wrap(block.text, size):
            if top - size * LEADING < MARGIN:
                yield "\n".join(commands)
                commands, top = [], HEIGHT - MARGIN
            top -= size * LEADING
            commands.append(_line(line, size, MARGIN, top))
        top -= size * 0.4
    yield "\n".join(commands)


def _wrap(text: str, size: float) -> Iterator[str]:
    """Cut a paragraph where the line is full; Chinese may be cut anywhere."""
    room = (WIDTH - 2 * MARGIN) / size
    for paragraph in text.splitlines() or [""]:
        line, used = "", 0.0
        for character in paragraph:
            width = 0.5 if character < "\x7f" else 1.0
            if used + width > room:
                yield line
                line, used = "", 0.0
            line += character
            used += width
        yield line


def _line(text: str, size: float, left: float, bottom: float) -> str:
    plain = "".join(each if each >= " " and each <= "\uffff" else "?" for each in text)
    return f"BT /F1 {size} Tf {left:.1f} {bottom:.1f} Td <{plain.encode('utf-16-be').hex()}> Tj ET"


def _photo_page(picture: Picture, caption: str) -> str:
    room = WIDTH - 2 * MARGIN
    height = min(room * picture.height / picture.width, HEIGHT - 3 * MARGIN)
    width = height * picture.width / picture.height
    bottom = HEIGHT - MARGIN - height
    drawn = f"q {width:.1f} 0 0 {height:.1f} {MARGIN} {bottom:.1f} cm /P1 Do Q"
    captions = [
        _line(line, BODY_SIZE, MARGIN, bottom - BODY_SIZE * LEADING * number)
        for number, line in enumerate(_wrap(caption, BODY_SIZE), start=1)
    ]
    return "\n".join([drawn, *captions])


def _assemble(pages: Sequence[tuple[str, bytes | None]]) -> bytes:
    """Number the objects: 1 catalogue, 2 page tree, 3 font, then for each page itself, content and photo."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", _FONT.encode()]
    kids = []
    for commands, content in pages:
        number = len(objects) + 1
        kids.append(f"{number} 0 R")
        photo = f" /XObject << /P1 {number + 2} 0 R >>" if content is not None else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {number + 1} 0 R"
            f" /Resources << /Font << /F1 3 0 R >>{photo} >> >>".encode()
        )
        objects.append(_stream("", commands.encode()))
        if content is not None:
            objects.append(_photo_object(content))
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>".encode()
    return _number(objects)


def _photo_object(content: bytes) -> bytes:
    picture = read_picture(content)
    assert isinstance(picture, Picture)  # noqa: S101  it was placed on its page by its size
    colours = "/DeviceRGB" if picture.colour_bits >= 24 else "/DeviceGray"
    head = (
        f"/Type /XObject /Subtype /Image /Width {picture.width} /Height {picture.height}"
        f" /ColorSpace {colours} /BitsPerComponent 8 /Filter /DCTDecode"
    )
    return _stream(head, content)


def _stream(head: str, content: bytes) -> bytes:
    return f"<< {head} /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"


def _number(objects: Sequence[bytes]) -> bytes:
    body = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    start = len(body)
    body += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    body += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    body += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(body)
