"""Who may do what: keys, roles, rates, hosts; the whole rights matrix, role by route."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from app.access import KeyGuard, LocalGuard, check_access
from app.http import API, build_app
from app.policy import GRANTS, RATES, may_use
from app.rooms import room_routers
from billing.tariff import TariffBook
from guidance.access import ApiKey, Principal, Role, hash_token, write_token
from guidance.api import guidance_router
from guidance.api.sessions import sessions_router
from guidance.ratelimit import Buckets, Rate
from guidance.service.accounts import Accounts
from guidance.service.keyring import BELIEVED_FOR, REREAD_AFTER, Keyring
from parking.errors import SetupError, UnavailableError
from parking.ids import Plate
from parking.plumbing.database import Connection
from parking.plumbing.settings import Settings
from tests.support.asgi import Asker
from tests.support.enforcement_street import SetClock
from tests.support.guidance import NOON, FlatQuotes, NoLoans, no_streams, small_desk

TOKENS = {role: write_token(role.value, "s" * 43) for role in Role if role is not Role.ANONYMOUS}


class KnownKeys(Keyring):
    """A key of every role, on record without a database."""

    def reread(self, now: object) -> None:
        """Know the keys."""
        del now
        self._keys = {
            hash_token(token): ApiKey(
                key_id=role.value,
                principal=Principal(
                    name=f"a {role}", role=role, plate=Plate("鄂S12345") if role is Role.DRIVER else None
                ),
                token_sha256=hash_token(token),
                created_at=NOON,
                expires_at=NOON + timedelta(days=1),
            )
            for role, token in TOKENS.items()
        }


class SteppedSeconds:
    """A monotonic clock that the test turns."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def seconds() -> SteppedSeconds:
    return SteppedSeconds()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def guarded(clock: SetClock, seconds: SteppedSeconds, tmp_path: Path) -> FastAPI:
    """Every room's routes behind keys."""
    desk, loans = small_desk(), NoLoans()
    guard = KeyGuard(KnownKeys(loans), clock, API, seconds)
    rooms = [
        guidance_router(desk, no_streams(), loans, FlatQuotes()),
        sessions_router(Accounts(loans), loans, clock),
        *room_routers(settings_of(tmp_path), desk.city, clock, TariffBook(()), loans),
    ]
    return build_app(rooms, [], [], guard)


def settings_of(directory: Path) -> Settings:
    return Settings(home=directory)


def bearer(role: Role) -> dict[str, str]:
    return {} if role is Role.ANONYMOUS else {"Authorization": f"Bearer {TOKENS[role]}"}


def routes_of(app: FastAPI) -> list[str]:
    """Method and path below the prefix, of every route of the API."""
    paths = app.openapi()["paths"]
    return [f"{method.upper()} {path.removeprefix(API)}" for path in paths for method in paths[path]]


def test_the_matrix_names_exactly_the_routes_that_there_are(guarded: FastAPI) -> None:
    assert sorted(GRANTS) == sorted(routes_of(guarded))


def test_every_role_gets_what_the_matrix_grants_and_nothing_else(
    guarded: FastAPI, seconds: SteppedSeconds
) -> None:
    asker = Asker(guarded)
    # A stream that is let in does not end; the live route has a test of its own.
    routes = [route for route in routes_of(guarded) if route not in {"GET /live", "GET /violations/stream"}]
    for route in routes:
        method, path = route.split()
        for role in Role:
            seconds.now_s += 60
            answer = asker.ask(method, API + path, headers=bearer(role))
            own_gate = answer.status_code == 401 and answer.json()["type"] == "/problems/unknown-person"
            refused = answer.status_code in {401, 403} and not own_gate
            assert refused == (not may_use(role, route)), (role, route, answer.text)
            if refused:
                assert answer.status_code == (401 if role is Role.ANONYMOUS else 403)


def test_what_the_matrix_does_not_name_is_the_administrators() -> None:
    assert [role for role in Role if may_use(role, "GET /brand-new")] == [Role.ADMIN]


def test_a_key_that_is_over_or_unknown_opens_nothing_not_even_what_is_public(
    guarded: FastAPI, clock: SetClock
) -> None:
    asker = Asker(guarded)
    assert asker.get(f"{API}/city", headers=bearer(Role.OPERATOR)).status_code == 200

    clock.at = NOON + timedelta(days=1)
    over = asker.get(f"{API}/city", headers=bearer(Role.OPERATOR))
    unknown = asker.get(f"{API}/city", headers={"Authorization": "Bearer ck_x_y"})

    assert (over.status_code, over.json()["type"]) == (401, "/problems/unknown-key")
    assert unknown.status_code == 401


def test_a_token_of_another_kind_is_left_to_the_room_that_knows_it(guarded: FastAPI) -> None:
    answer = Asker(guarded).get(f"{API}/city", headers={"Authorization": "Bearer somebody-of-the-staff"})

    assert answer.status_code == 200


def test_a_flood_is_slowed_down_and_others_are_not(guarded: FastAPI, seconds: SteppedSeconds) -> None:
    asker, burst = Asker(guarded), RATES[Role.ANONYMOUS].burst

    answers = [asker.get(f"{API}/city") for _ in range(burst + 1)]

    assert {answer.status_code for answer in answers[:-1]} == {200}
    assert (answers[-1].status_code, answers[-1].headers["retry-after"]) == (429, "1")
    assert answers[-1].json()["type"] == "/problems/too-many-requests"
    assert asker.get(f"{API}/city", headers=bearer(Role.OPERATOR)).status_code == 200
    seconds.now_s += 1 / RATES[Role.ANONYMOUS].per_s
    assert asker.get(f"{API}/city").status_code == 200


def test_without_keys_only_this_machines_own_names_are_answered() -> None:
    app = build_app(
        [guidance_router(small_desk(), no_streams(), NoLoans(), FlatQuotes())], [], [], LocalGuard()
    )

    for host in ("127.0.0.1:8000", "localhost", "[::1]:8000"):
        assert Asker(app).get(f"{API}/status", headers={"Host": host}).status_code == 200
    for host in ("evil.example", "192.0.2.1", "localhost.evil.example"):
        answer = Asker(app).get(f"{API}/status", headers={"Host": host})
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/foreign-host")


@pytest.mark.parametrize(
    ("access", "host", "works"),
    [
        ("loopback", "127.0.0.1", True),
        ("loopback", "::1", True),
        ("loopback", "localhost", True),
        ("keys", "0.0.0.0", True),  # noqa: S104  what is tested
        ("loopback", "0.0.0.0", False),  # noqa: S104  what is tested
        ("loopback", "park.example", False),
        ("open", "127.0.0.1", False),
    ],
)
def test_the_api_is_not_opened_to_others_without_keys(access: str, host: str, *, works: bool) -> None:
    if works:
        check_access(access, host)
    else:
        with pytest.raises(SetupError, match="CITYPARK_ACCESS"):
            check_access(access, host)


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    buckets, rate = Buckets(), Rate(2.0, 3)

    assert [buckets.take("a", rate, 0.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("b", rate, 0.0) == 0
    assert [buckets.take("a", rate, 0.5), buckets.take("a", rate, 0.5)] == [0, 0.5]
    assert [buckets.take("a", rate, 1000.0) for _ in range(4)] == [0, 0, 0, 0.5]


def test_who_asked_longest_ago_is_forgotten_in_a_flood_of_names() -> None:
    buckets, rate = Buckets(kept=2), Rate(1.0, 1)

    for name in ("a", "b", "c"):
        assert buckets.take(name, rate, 0.0) == 0

    assert buckets.take("b", rate, 0.0) > 0
    assert buckets.take("a", rate, 0.0) == 0


class FailingLoans:
    """Loans that the test can cut; what is lent is not used."""

    def __init__(self) -> None:
        self.cut = True

    def __call__(self) -> AbstractContextManager[Connection]:
        return self._lend()

    @contextmanager
    def _lend(self) -> Iterator[Connection]:
        if self.cut:
            raise UnavailableError("database does not answer")
        yield NoKeys()  # type: ignore[misc]  # a connection to a database without keys


class NoKeys:
    """Answers every query with nothing."""

    def execute(self, _query: str) -> list[object]:
        return []


def test_known_keys_are_believed_for_a_while_when_the_database_is_lost() -> None:
    loans = FailingLoans()
    keyring = Keyring(loans)
    with pytest.raises(UnavailableError):
        keyring.reread(NOON)
    loans.cut = False
    keyring.reread(NOON)
    loans.cut = True

    assert not keyring.is_due(NOON + REREAD_AFTER)
    assert keyring.is_due(NOON + REREAD_AFTER + timedelta(seconds=1))
    keyring.reread(NOON + BELIEVED_FOR)
    with pytest.raises(UnavailableError):
        keyring.reread(NOON + BELIEVED_FOR + timedelta(seconds=1))


def test_the_description_says_which_routes_need_a_key(guarded: FastAPI) -> None:
    schema = guarded.openapi()

    assert schema["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            is_public = may_use(Role.ANONYMOUS, f"{method.upper()} {path.removeprefix(API)}")
            assert ("401" in operation["responses"] and "security" in operation) or is_public
            assert "429" in operation["responses"]
