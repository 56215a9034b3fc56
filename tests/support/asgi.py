"""Asks an application in this process, one request at a time, without a server."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI


class Caller:
    """Sends requests to an application."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401  whatever httpx takes
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401  as above
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401  as above
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())
