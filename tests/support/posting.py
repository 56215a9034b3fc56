"""Posts to an application in this process, without a server."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI


class Poster:
    """A camera before the doors of one application."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def post(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401  whatever httpx takes
        """Post once and return the answer."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://city") as client:
                return await client.post(path, **options)

        return asyncio.run(send())
