"""The HTTP doors: keys, forms, and an answer only when the message is in safe hands."""

import pytest

from app.http import build_app
from app.main import main
from ingest.api import MAX_BODY_BYTES, doors_router
from ingest.doorkeys import CTWING, DoorKeys
from parking.errors import SetupError, UnavailableError
from tests.support.posting import Poster
from tests.unit.test_codecs_intake import city_with

KEYS = DoorKeys("a secret of the city")
ALERT = b"<EventNotificationAlert><eventType>ANPR</eventType></EventNotificationAlert>"
TOPIC = "citypark/testcity/up/hikvision/C9"


class NotedRelay:
    """A way to the street that notes what is passed on, or is closed."""

    def __init__(self) -> None:
        self.passed: list[tuple[str, bytes]] = []
        self.is_open = True

    def publish(self, topic: str, payload: bytes) -> None:
        if not self.is_open:
            raise UnavailableError("MQTT broker at 127.0.0.1:1 does not answer")
        self.passed.append((topic, payload))


@pytest.fixture
def relay() -> NotedRelay:
    return NotedRelay()


@pytest.fixture
def client(relay: NotedRelay) -> Poster:
    return Poster(build_app([], [doors_router(city_with("hikvision", "C9", ("B0",)), KEYS, relay)], []))


def form(*parts: tuple[str, str, bytes]) -> tuple[bytes, dict[str, str]]:
    body = b""
    for name, kind, content in parts:
        head = f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'
        body += head.encode() + content + b"\r\n"
    return body + b"--cut--\r\n", {"content-type": "multipart/form-data; boundary=cut"}


def test_alert_in_a_form_is_passed_on_without_its_pictures(client: Poster, relay: NotedRelay) -> None:
    picture = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
    body, headers = form(("anpr.xml", "text/xml", ALERT), ("licensePlatePicture.jpg", "image/jpeg", picture))

    answer = client.post(f"/doors/cameras/C9/{KEYS.key_of('C9')}", content=body, headers=headers)

    assert (answer.status_code, answer.text) == (200, "OK")
    assert relay.passed == [(TOPIC, ALERT)]


def test_json_beside_a_picture_is_found_wherever_it_stands(client: Poster, relay: NotedRelay) -> None:
    body, headers = form(("upload", "image/jpeg", b"\xff\xd8"), ("json", "text/plain", b'{"data":{}}'))

    client.post(f"/doors/cameras/C9?key={KEYS.key_of('C9')}", content=body, headers=headers)

    assert relay.passed == [(TOPIC, b'{"data":{}}')]


def test_nonsense_is_passed_on_for_the_street_to_refuse(client: Poster, relay: NotedRelay) -> None:
    bearer = {"authorization": f"Bearer {KEYS.key_of('C9')}"}

    answer = client.post("/doors/cameras/C9", content=b"\x00\xff", headers=bearer)

    assert answer.status_code == 200
    assert relay.passed == [(TOPIC, b"\x00\xff")]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/doors/cameras/C9/wrong", 401),
        ("/doors/cameras/C9", 401),
        (f"/doors/cameras/C9/{KEYS.key_of('C8')}", 401),
        (f"/doors/cameras/C8/{KEYS.key_of('C8')}", 404),
        (f"/doors/ctwing/{KEYS.key_of('C9')}", 401),
    ],
)
def test_only_the_own_key_opens(client: Poster, relay: NotedRelay, path: str, status: int) -> None:
    assert client.post(path, content=ALERT).status_code == status
    assert not relay.passed


def test_body_beyond_measure_is_refused(client: Poster, relay: NotedRelay) -> None:
    answer = client.post(f"/doors/cameras/C9/{KEYS.key_of('C9')}", content=bytes(MAX_BODY_BYTES + 1))

    assert answer.status_code == 413
    assert not relay.passed


def test_nothing_is_confirmed_that_the_broker_did_not_take(client: Poster, relay: NotedRelay) -> None:
    relay.is_open = False

    assert client.post(f"/doors/cameras/C9/{KEYS.key_of('C9')}", content=ALERT).status_code == 503


def test_platform_notice_goes_to_its_own_topic(client: Poster, relay: NotedRelay) -> None:
    answer = client.post(f"/doors/ctwing/{KEYS.key_of(CTWING)}", content=b"{}")

    assert answer.status_code == 200
    assert relay.passed == [("ctwing/testcity/notice", b"{}")]


def test_secret_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(SetupError, match="CITYPARK_DOOR_SECRET has 5"):
        DoorKeys("short")


def test_key_is_printed_as_the_address_to_post_to(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CITYPARK_DOOR_SECRET", "a secret of the city")

    assert main(["--lang", "en", "doorkey", "ctwing"]) == 0
    assert main(["--lang", "en", "doorkey", "nobody"]) == 2

    printed = capsys.readouterr()
    assert printed.out == f"/doors/ctwing/{KEYS.key_of(CTWING)}\n"
    assert "nobody" in printed.err
