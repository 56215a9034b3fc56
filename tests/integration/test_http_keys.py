"""Keys from the command to the API and back to worthless, and what the audit log keeps of it."""

import re
from datetime import timedelta

import pytest

from app.access import AuditLog, KeyGuard
from app.http import API, build_app
from app.main import main
from guidance.access import ROTATION_OVERLAP
from guidance.api import guidance_router
from guidance.service.keyring import REREAD_AFTER, Keyring
from parking.plumbing.database import Connection
from parking.plumbing.systemclock import SystemClock
from tests.support.asgi import Asker
from tests.support.enforcement_street import SetClock
from tests.support.guidance import FlatQuotes, OneConnection, no_streams, small_desk

pytestmark = pytest.mark.database

OVERRIDE = f"{API}/signs/L2-01/override"
CLOSED = {"lines": [{"text": "封路", "text_en": "CLOSED"}], "reason": "施工", "minutes": 5}


@pytest.fixture(autouse=True)
def _settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYPARK_DATABASE_URL", database_url)


@pytest.fixture
def clock() -> SetClock:
    """Keys are made by the real clock; the API's stands at the same time until the test moves it."""
    return SetClock(SystemClock().now() + timedelta(seconds=1))


@pytest.fixture
def asker(connection: Connection, clock: SetClock) -> Asker:
    loans = OneConnection(connection)
    desk = small_desk(at=clock.at)
    router = guidance_router(desk, no_streams(), loans, FlatQuotes())
    app = build_app([router], [], [], KeyGuard(Keyring(loans), clock, API))
    app.add_middleware(AuditLog, loans=loans, clock=clock, prefix=API)
    return Asker(app)


def keys(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run `citypark keys`; returns what it printed."""
    assert main(["--lang", "en", "keys", *arguments]) == 0
    return capsys.readouterr().out.strip()


def as_holder(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_key_opens_what_its_role_may_until_it_is_revoked(
    asker: Asker, clock: SetClock, capsys: pytest.CaptureFixture[str]
) -> None:
    token = keys(capsys, "create", "traffic desk", "--role", "operator")
    told = asker.put(OVERRIDE, json=CLOSED, headers=as_holder(token))
    assert (told.status_code, told.json()["set_by"]) == (200, "traffic desk")

    listed = keys(capsys, "list")
    assert token not in listed
    key_id = re.split(r"\s+", listed)[0]
    keys(capsys, "revoke", key_id)
    clock.at += REREAD_AFTER + timedelta(seconds=1)

    assert asker.delete(OVERRIDE, headers=as_holder(token)).status_code == 401
    assert main(["--lang", "en", "keys", "revoke", key_id]) == 2


def test_after_a_rotation_both_tokens_work_for_a_day(
    asker: Asker, clock: SetClock, capsys: pytest.CaptureFixture[str]
) -> None:
    old = keys(capsys, "create", "traffic desk", "--role", "operator")
    new = keys(capsys, "rotate", old.split("_")[1])

    assert new != old
    for token in (old, new):
        assert asker.get(f"{API}/rejects", headers=as_holder(token)).status_code == 200
    clock.at += ROTATION_OVERLAP + timedelta(minutes=1)
    assert asker.get(f"{API}/rejects", headers=as_holder(old)).status_code == 401
    assert asker.get(f"{API}/rejects", headers=as_holder(new)).status_code == 200


def test_the_audit_log_keeps_changes_and_refusals_and_not_reading(
    asker: Asker, capsys: pytest.CaptureFixture[str]
) -> None:
    operator = keys(capsys, "create", "traffic desk", "--role", "operator")
    admin = keys(capsys, "create", "boss", "--role", "admin")
    asker.get(f"{API}/city")
    asker.put(OVERRIDE, json=CLOSED)
    asker.put(OVERRIDE, json=CLOSED, headers=as_holder(operator))
    asker.get(f"{API}/audit", headers=as_holder(operator))
    asker.delete(OVERRIDE, headers=as_holder(admin))

    entries = asker.get(f"{API}/audit", headers=as_holder(admin)).json()["entries"]

    assert [(each["who"], each["method"], each["status"]) for each in entries] == [
        ("boss", "DELETE", 204),
        ("traffic desk", "GET", 403),
        ("traffic desk", "PUT", 200),
        ("anybody", "PUT", 401),
    ]
    assert entries[0]["path"] == OVERRIDE


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "x", "--role", "driver"),
        ("create", "x", "--role", "operator", "--plate", "鄂S12345"),
        ("create", "x", "--role", "driver", "--plate", "nonsense"),
        ("create", "x", "--role", "operator", "--days", "0"),
        ("rotate", "nothing"),
        ("revoke", "nothing"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", "en", "keys", *arguments]) == 2
    assert capsys.readouterr().err.startswith("citypark: ")
