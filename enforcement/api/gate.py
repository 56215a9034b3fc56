"""Who sends a request: staff show a token, which the database knows by its hash."""

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from enforcement.api.problems import refuse
from enforcement.cases.words import Actor
from enforcement.store.reads import Loans
from enforcement.store.staff import find_by_token

_bearer = HTTPBearer(auto_error=False)
Token = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class Gate:
    """Turns a token into a person."""

    def __init__(self, loans: Loans) -> None:
        self._loans = loans

    def __call__(self, token: Token) -> Actor:
        """Return whose token it is; refuses strangers."""
        with self._loans() as connection:
            actor = find_by_token(connection, token.credentials) if token else None
        if actor is None:
            raise refuse(401, "unknown-person", "Unknown person", "send a valid token: Authorization: Bearer")
        return actor
