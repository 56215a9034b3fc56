"""Signing in, from the command that lets somebody in to the last token that opens nothing."""

import io
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.access import AuditLog, KeyGuard
from app.http import API, build_app
from app.main import main
from guidance.access import Role
from guidance.accounts import ACCESS_LIFE, GUESSES_OF_NAME, REFRESH_LIFE
from guidance.api import guidance_router
from guidance.api.sessions import sessions_router
from guidance.service.accounts import BELIEVED_FOR, Accounts
from guidance.service.keyring import Keyring
from parking.plumbing.database import Connection
from parking.plumbing.systemclock import SystemClock
from tests.support.asgi import Asker
from tests.support.enforcement_street import SetClock
from tests.support.guidance import FlatQuotes, OneConnection, no_streams, small_desk

pytestmark = pytest.mark.database

PASSWORD = "correct horse battery"  # noqa: S105  it opens nothing but this test


@pytest.fixture(autouse=True)
def _settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYPARK_DATABASE_URL", database_url)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(SystemClock().now() + timedelta(seconds=1))


@pytest.fixture
def asker(connection: Connection, clock: SetClock) -> Asker:
    loans = OneConnection(connection)
    accounts = Accounts(loans)
    rooms = [
        guidance_router(small_desk(at=clock.at), no_streams(), loans, FlatQuotes()),
        sessions_router(accounts, loans, clock),
    ]
    app = build_app(rooms, [], [], KeyGuard(Keyring(loans), clock, API, accounts=accounts))
    app.add_middleware(AuditLog, loans=loans, clock=clock, prefix=API)
    return Asker(app)


def users(monkeypatch: pytest.MonkeyPatch, *arguments: str, typed: str = PASSWORD) -> int:
    """Run `citypark users` with a password on its input."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
    return main(["--lang", "en", "users", *arguments])


def sign_in(asker: Asker, name: str = "desk", password: str = PASSWORD) -> httpx.Response:
    return asker.post(f"{API}/sessions", json={"name": name, "password": password})


def refresh(asker: Asker, token: str) -> httpx.Response:
    return asker.post(f"{API}/sessions/refresh", json={"refresh_token": token})


def signed_in(asker: Asker, name: str = "desk") -> dict[str, Any]:
    answer = sign_in(asker, name)
    assert answer.status_code == 201, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def me(asker: Asker, access: str) -> httpx.Response:
    return asker.get(f"{API}/me", headers={"Authorization": f"Bearer {access}"})


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> None:
    assert users(monkeypatch, "create", "desk", "--role", "operator") == 0


@pytest.mark.usefixtures("desk")
def test_a_session_opens_what_the_role_may_until_its_token_is_over(asker: Asker, clock: SetClock) -> None:
    tokens = signed_in(asker)

    assert me(asker, tokens["access_token"]).json() == {"name": "desk", "role": "operator", "plate": None}
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert asker.get(f"{API}/status", headers=headers).status_code == 200
    assert asker.get(f"{API}/audit", headers=headers).status_code == 403
    clock.at += ACCESS_LIFE
    over = me(asker, tokens["access_token"])
    assert (over.status_code, over.json()["type"]) == (401, "/problems/unknown-key")


@pytest.mark.usefixtures("desk")
def test_tokens_are_exchanged_and_one_used_twice_ends_the_whole_session(
    asker: Asker, clock: SetClock
) -> None:
    first = signed_in(asker)
    clock.at += timedelta(minutes=10)
    second = refresh(asker, first["refresh_token"]).json()
    assert me(asker, second["access_token"]).status_code == 200

    stolen = refresh(asker, first["refresh_token"])

    assert (stolen.status_code, stolen.json()["type"]) == (401, "/problems/session-over")
    assert me(asker, second["access_token"]).status_code == 401
    assert refresh(asker, second["refresh_token"]).status_code == 401


@pytest.mark.usefixtures("desk")
def test_a_refresh_token_is_over_after_its_time(asker: Asker, clock: SetClock) -> None:
    tokens = signed_in(asker)
    clock.at += REFRESH_LIFE

    assert refresh(asker, tokens["refresh_token"]).status_code == 401
    assert refresh(asker, "cr_never-made").status_code == 401


@pytest.mark.usefixtures("desk")
def test_guessing_locks_the_name_and_does_not_tell_whether_it_is_one(asker: Asker, clock: SetClock) -> None:
    answers = [
        [sign_in(asker, name, f"guess {number}") for number in range(GUESSES_OF_NAME)]
        for name in ("desk", "nobody")
    ]
    assert {answer.status_code for answer in answers[0]} == {401}
    assert answers[0][0].json() == answers[1][0].json()

    locked = sign_in(asker)

    assert (locked.status_code, locked.json()["type"]) == (429, "/problems/locked-out")
    clock.at += timedelta(seconds=int(locked.headers["retry-after"]))
    assert sign_in(asker).status_code == 201


@pytest.mark.usefixtures("desk")
def test_signing_out_ends_one_session_and_only_ones_own(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert users(monkeypatch, "create", "other", "--role", "officer") == 0
    mine, elsewhere, other = signed_in(asker), signed_in(asker), signed_in(asker, "other")
    headers = {"Authorization": f"Bearer {mine['access_token']}"}

    listed = asker.get(f"{API}/sessions", headers=headers).json()["sessions"]
    assert {each["session_id"] for each in listed} == {mine["session_id"], elsewhere["session_id"]}
    assert asker.delete(f"{API}/sessions/{other['session_id']}", headers=headers).status_code == 404
    assert asker.delete(f"{API}/sessions/{elsewhere['session_id']}", headers=headers).status_code == 204

    assert me(asker, elsewhere["access_token"]).status_code == 401
    assert me(asker, mine["access_token"]).status_code == 200
    assert me(asker, other["access_token"]).status_code == 200


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("verb", ["disable", "sign-out", "password"])
def test_the_command_ends_sessions_within_seconds(
    asker: Asker, clock: SetClock, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    tokens = signed_in(asker)
    assert me(asker, tokens["access_token"]).status_code == 200

    assert users(monkeypatch, verb, "desk", typed="another long password") == 0

    clock.at += BELIEVED_FOR + timedelta(seconds=1)
    assert me(asker, tokens["access_token"]).status_code == 401
    expected = {"disable": 401, "sign-out": 201, "password": 401}
    assert sign_in(asker).status_code == expected[verb]


def test_the_command_says_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert users(monkeypatch, "create", "d", "--role", Role.DRIVER) == 2
    assert users(monkeypatch, "create", "d", "--role", "driver", "--plate", "X") == 2
    assert users(monkeypatch, "create", "short", "--role", "admin", typed="abc") == 2
    assert users(monkeypatch, "password", "nobody") == 2
    assert "nobody of the name nobody" in capsys.readouterr().err
    assert users(monkeypatch, "create", "d", "--role", "driver", "--plate", "鄂S12345", "--generate") == 0
    assert len(capsys.readouterr().out.strip()) >= 20
    assert users(monkeypatch, "create", "d", "--role", "admin") == 2
    assert users(monkeypatch, "list") == 0
    assert capsys.readouterr().out.split() == ["d", "driver", "may", "sign", "in", "鄂S12345"]


ADD_STAYS = """
INSERT INTO stays (stay_id, partition, out_seq, berth_id, section_id, zone_id, zone_class, state,
                   arrived_earliest_at, arrived_latest_at, departed_earliest_at, departed_latest_at, plate,
                   plate_colour, plate_confidence, arrival_seq, note, updated_at)
SELECT md5(n::text)::uuid, 1, n, 'A-' || n, 'S001', 'Z1', 'I', 'closed', at, at, at + '1 hour', at + '1 hour',
       CASE WHEN n %% 2 = 0 THEN '鄂S12345' ELSE '鄂S99999' END, 'blue', 0.99, n, '', at
  FROM generate_series(1, 6) AS n, LATERAL (SELECT %s::timestamptz + n * interval '1 day' AS at) AS t"""


def test_a_driver_sees_the_stays_of_the_own_plate_in_full_and_no_others(
    asker: Asker, clock: SetClock, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute(ADD_STAYS, (clock.at,))
    assert users(monkeypatch, "create", "owner", "--role", "driver", "--plate", "鄂S12345") == 0
    headers = {"Authorization": f"Bearer {signed_in(asker, 'owner')['access_token']}"}

    first = asker.get(f"{API}/me/stays?limit=2", headers=headers).json()
    rest = asker.get(f"{API}/me/stays", params={"cursor": first["next_cursor"]}, headers=headers).json()

    stays = first["stays"] + rest["stays"]
    assert [stay["berth_id"] for stay in stays] == ["A-6", "A-4", "A-2"]
    assert {stay["plate"] for stay in stays} == {"鄂S12345"}
    assert rest["next_cursor"] is None
    bad = asker.get(f"{API}/me/stays?cursor=yesterday", headers=headers)
    assert (bad.status_code, bad.json()["type"]) == (422, "/problems/bad-cursor")
    assert asker.get(f"{API}/stays", headers=headers).status_code in {403, 404}
