"""Asks an application in this process, without a server."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI


class Asker:
    """A client of one application."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, path: str, **asked: Any) -> httpx.Response:  # noqa: ANN401  as httpx has it
        """GET; `params` and `headers` as httpx takes them."""
        return self.ask("GET", path, **asked)

    def post(self, path: str, **asked: Any) -> httpx.Response:  # noqa: ANN401  as httpx has it
        """POST; `json` or `content` besides."""
        return self.ask("POST", path, **asked)

    def put(self, path: str, **asked: Any) -> httpx.Response:  # noqa: ANN401  as httpx has it
        """PUT; `json` besides."""
        return self.ask("PUT", path, **asked)

    def delete(self, path: str, **asked: Any) -> httpx.Response:  # noqa: ANN401  as httpx has it
        """DELETE."""
        return self.ask("DELETE", path, **asked)

    def ask(self, method: str, path: str, **asked: Any) -> httpx.Response:  # noqa: ANN401  as httpx has it
        """Any method."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://city") as client:
                return await client.request(method, path, **asked)

        return asyncio.run(send())
