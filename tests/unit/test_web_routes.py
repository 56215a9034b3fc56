"""The pages as a browser gets them: language, theme, policy, caching."""

import base64
import re
from hashlib import sha256

import pytest
from fastapi import FastAPI

from tests.support.asgi import Asker
from web.routes import PAGES, pages_router


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app = FastAPI()
    app.include_router(pages_router())
    return app


@pytest.fixture
def client(app: FastAPI) -> Asker:
    return Asker(app)


def test_pages_are_chinese_first(client: Asker) -> None:
    answer = client.get("/")

    assert answer.status_code == 200
    assert '<html lang="zh-CN" data-theme="auto">' in answer.text
    assert "<title>城泊" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("zh", "zh-CN")])
def test_the_url_chooses_the_language_and_a_cookie_keeps_it(client: Asker, language: str, tag: str) -> None:
    chosen = client.get(f"/?lang={language}")
    later = client.get("/", headers={"Cookie": chosen.headers["set-cookie"].split(";")[0]})

    assert f'<html lang="{tag}"' in chosen.text
    assert f'<html lang="{tag}"' in later.text


@pytest.mark.parametrize("value", ["fr", "", "<script>", "en<"])
def test_an_unknown_language_is_the_default(client: Asker, value: str) -> None:
    assert '<html lang="zh-CN"' in client.get("/", params={"lang": value}).text


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ('"><script>', "auto"), ("", "auto")]
)
def test_the_theme_comes_from_its_cookie(client: Asker, cookie: str, theme: str) -> None:
    answer = client.get("/", headers={"Cookie": f"citypark_theme={cookie}"})

    assert f'data-theme="{theme}"' in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_allows_only_our_files_and_the_import_map(client: Asker, path: str) -> None:
    answer = client.get(path)
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", answer.text, re.DOTALL)

    assert policy["default-src"] == "'none'"
    assert len(inline) == 1
    digest = base64.b64encode(sha256(inline[0].encode()).digest()).decode()
    assert policy["script-src"] == f"'self' 'sha256-{digest}'"
    assert policy["style-src"] == policy["connect-src"] == "'self'"
    assert " style=" not in answer.text
    assert "<style" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PAGES)
def test_everything_that_a_page_names_is_served(client: Asker, path: str) -> None:
    text = client.get(path).text
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', text) + re.findall(r'": "(/static/[^"]+)"', text)

    assert len(named) > 20
    assert {name: client.get(name).status_code for name in named} == dict.fromkeys(named, 200)


def test_files_of_this_version_are_kept_and_those_of_another_are_not(client: Asker) -> None:
    current = re.findall(r'src="(/static/[^"]+)"', client.get("/").text)[0]
    other = re.sub(r"/static/\w+/", "/static/000000000000/", current)

    assert "immutable" in client.get(current).headers["cache-control"]
    assert client.get(other).headers["cache-control"] == "no-cache"
    assert client.get("/").headers["cache-control"] == "no-cache"


def test_files_are_compressed_for_those_who_can_read_that(client: Asker) -> None:
    path = re.findall(r'src="(/static/[^"]+)"', client.get("/").text)[0]
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    ["nothing.js", "%2e%2e/routes.py", "vendor/htm/LICENSE", "vendor/manifest.json", "vendor/renew.sh", ""],
)
def test_nothing_else_is_served(client: Asker, path: str) -> None:
    assert client.get(f"/static/x/{path}").status_code == 404


def test_pages_are_not_part_of_the_api(app: FastAPI) -> None:
    assert app.openapi()["paths"] == {}
