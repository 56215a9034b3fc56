"""Of what a camera posts, the part that says something: pictures come in the same form and are left out.

A form is cut by hand: the cameras' forms are simple, and nothing of a picture is kept in memory twice.
"""

import re
from typing import Final

_BOUNDARY: Final = re.compile(r'boundary="?([^\s";,]{1,200})"?', re.IGNORECASE)
# Kinds of content and names of fields under which cameras send their XML or JSON.
_SPEAKS: Final = re.compile(
    rb'content-type:\s*(?:text/|application/(?:\w+\+)?(?:xml|json))|name="(?:[^"]*\.(?:xml|json)|json|anpr)"',
    re.IGNORECASE,
)
_HEAD_END: Final = b"\r\n\r\n"


def text_part(body: bytes, content_type: str) -> bytes:
    """The first part of a multipart body that is text, XML or JSON; any other body whole, as it came."""
    if not content_type.lower().startswith("multipart/"):
        return body
    match = _BOUNDARY.search(content_type)
    if match is None:
        return body
    parts = body.split(b"--" + match[1].encode("utf-8", "replace"))
    for part in parts[1:]:
        head, _, content = part.partition(_HEAD_END)
        if _SPEAKS.search(head):
            return content.removesuffix(b"\r\n")
    return b""
