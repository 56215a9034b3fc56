"""Letters over HTTP, without redirects and without waiting long."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException, HTTPMessage
from typing import IO, Final
from urllib.parse import urlsplit

from parking.errors import SetupError

TIMEOUT_S: Final = 5.0
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Take a redirect for the refusal that it is: letters go where they were addressed."""


class HttpPost:
    """Sends letters; an answer of 2xx means taken."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> str | None:
        """Send one letter; returns what went wrong, or None."""
        request = urllib.request.Request(check_address(url), body, dict(headers), method="POST")  # noqa: S310  checked
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                return None if 200 <= answer.status < 300 else f"answered {answer.status}"
        except urllib.error.HTTPError as error:
            error.close()
            return f"answered {error.code}"
        except (OSError, HTTPException) as error:
            return f"not reached: {error}"


def check_address(url: str) -> str:
    """Return the address if letters may go there: https, or http on this machine; raises SetupError."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise SetupError(f"{url!r} is no address of the form https://host/path")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise SetupError(f"{url!r} is not encrypted: use https")
    return url
