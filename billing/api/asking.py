"""What every route takes in the same way: instants, and who asks."""

from datetime import datetime

from fastapi import HTTPException, Request

from parking.span import require_utc


def instant(at: datetime | None) -> datetime | None:
    """The instant in UTC; refuses a time without an offset."""
    try:
        return None if at is None else require_utc(at)
    except ValueError as error:
        raise HTTPException(422, f"an instant needs an offset, such as {at}Z") from error


def who_asks(request: Request) -> str:
    """The name under which the guard let this request in."""
    principal = getattr(request.state, "principal", None)
    return str(getattr(principal, "name", "unnamed"))
