"""Lets in who may come in: keys, roles, rates, and a log of what was changed or refused.

With `access=loopback` the process serves this machine only and asks nobody for a key; it still refuses
requests that name another host, which is how a foreign page would reach it through a browser.
"""

import ipaddress
import logging
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Protocol

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.policy import RATES, may_use
from guidance.access import ANYBODY, LOCAL, Principal, is_of_session, is_token
from guidance.api.problems import refuse
from guidance.ratelimit import Buckets
from guidance.service.accounts import Accounts
from guidance.service.keyring import Keyring
from guidance.store.keys import AuditEntry, add_audit
from guidance.store.loans import Loans
from parking.clock import Clock
from parking.errors import SetupError, UnavailableError

log = logging.getLogger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSALS = frozenset({401, 403})


def check_access(access: str, host: str) -> None:
    """Refuse settings that would open the API to the network without keys; raises SetupError."""
    if access not in {"loopback", "keys"}:
        raise SetupError(f"CITYPARK_ACCESS is loopback or keys, not {access!r}")
    if access == "loopback" and not _is_loopback(host):
        raise SetupError(
            f"CITYPARK_HTTP_HOST={host} opens the API to others: set CITYPARK_ACCESS=keys and make keys with "
            "`citypark keys`"
        )


class Guard(Protocol):
    """Lets a request in, or raises why not; leaves who asks in `request.state.principal`."""

    async def __call__(self, request: Request) -> None:
        """Judge a request whose route is known to the framework."""
        ...

    async def admit(self, request: Request, route: str) -> None:
        """Judge a request for a route named by method and path."""
        ...


class LocalGuard:
    """Serves this machine only: whoever gets here may do everything."""

    async def __call__(self, request: Request) -> None:
        """Refuse a request that names another host."""
        await self.admit(request, "")

    async def admit(self, request: Request, _route: str) -> None:
        """Refuse a request that names another host, whatever the route."""
        if not _is_loopback(_host_of(request)):
            detail = "this server answers to this machine's own names only"
            raise refuse(403, "foreign-host", "Foreign host", detail)
        request.state.principal = LOCAL


class KeyGuard:
    """Knows people by their keys and sessions; `prefix` is cut off the path before the matrix is asked."""

    def __init__(
        self,
        keyring: Keyring,
        clock: Clock,
        prefix: str,
        monotonic: Callable[[], float] = time.monotonic,
        accounts: Accounts | None = None,
    ) -> None:
        self._keyring, self._clock, self._prefix, self._monotonic = keyring, clock, prefix, monotonic
        self._accounts = accounts
        self._buckets = Buckets()

    async def __call__(self, request: Request) -> None:
        """Find out who asks; refuse the unknown, the too many and the unentitled."""
        if getattr(request.state, "principal", None) is None:  # else admitted before, on the short way
            await self.admit(
                request, f"{request.method} {request.scope['route'].path.removeprefix(self._prefix)}"
            )

    async def admit(self, request: Request, route: str) -> None:
        """As calling it, for a route named by method and path below the prefix."""
        principal = await self._principal(request)
        self._take(principal, request)
        request.state.principal = principal
        if may_use(principal.role, route):
            return
        if principal is ANYBODY:
            raise refuse(401, "key-needed", "Key needed", "send a key: Authorization: Bearer ck_...")
        raise refuse(403, "not-allowed", "Not allowed", f"the role {principal.role} may not use this")

    async def _principal(self, request: Request) -> Principal:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not is_token(token):
            return ANYBODY
        now = self._clock.now()
        if is_of_session(token):
            principal = await run_in_threadpool(self._accounts.find, token, now) if self._accounts else None
        else:
            if self._keyring.is_due(now):
                await run_in_threadpool(self._keyring.reread, now)
            principal = self._keyring.find(token, now)
        if principal is None:
            raise refuse(401, "unknown-key", "Unknown key", "the key or session is unknown, revoked or over")
        return principal

    def _take(self, principal: Principal, request: Request) -> None:
        address = request.client.host if request.client else ""
        name = address if principal is ANYBODY else principal
        wait_s = self._buckets.take(name, RATES[principal.role], self._monotonic())
        if wait_s:
            refusal = refuse(429, "too-many-requests", "Too many requests", f"ask again in {wait_s:.1f} s")
            refusal.headers = {"Retry-After": str(int(wait_s) + 1)}
            raise refusal


class AuditLog:
    """ASGI middleware: a row for every API request that may have changed something or was refused."""

    def __init__(self, app: ASGIApp, loans: Loans, clock: Clock, prefix: str) -> None:
        self._app, self._loans, self._clock, self._prefix = app, loans, clock, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Doors and pages are not people's doings: they have logs of their own.
        status, is_api = 0, scope["path"].startswith(self._prefix)

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, watch)
        if is_api and (scope["method"] not in SAFE_METHODS or status in REFUSALS):
            await run_in_threadpool(self._note, _entry(scope, status, self._clock))

    def _note(self, entry: AuditEntry) -> None:
        try:
            with self._loans() as connection:
                add_audit(connection, entry)
        except UnavailableError as error:
            log.error("not in the audit log: %s", entry, extra={"because": str(error)})  # noqa: TRY400


def _entry(scope: Mapping[str, Any], status: int, clock: Clock) -> AuditEntry:
    principal: Principal = scope.get("state", {}).get("principal", ANYBODY)
    client = scope.get("client") or ("", 0)
    return AuditEntry(
        at=clock.now(),
        who=principal.name,
        role=principal.role.value,
        address=client[0],
        method=scope["method"],
        path=scope["path"],
        status=status,
    )


def _host_of(request: Request) -> str:
    """The host that a request names, without its port; what is not written plainly is parsed as a URL."""
    host, _, port = request.headers.get("host", "").partition(":")
    return host if host and (not port or port.isdecimal()) else request.url.hostname or ""


@lru_cache(256)
def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
