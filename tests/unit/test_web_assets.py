"""The files of the pages: third-party ones are what the manifest says, ours hang together."""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from web.assets import ROOT, Assets, load_assets
from web.routes import PAGES
from web.shell import MODULES, STYLES

VENDOR = ROOT / "vendor"
MANIFEST: dict[str, dict[str, object]] = json.loads((VENDOR / "manifest.json").read_text())
FILES = {
    target: str(about["sha256"])
    for package in MANIFEST.values()
    for target, about in dict(package["files"]).items()  # type: ignore[call-overload]  # as renew.sh wrote it
}
PERMISSIVE = {"MIT", "Apache-2.0", "BSD-2-Clause", "OFL-1.1"}


@pytest.fixture(scope="module")
def assets() -> Assets:
    return load_assets()


@pytest.mark.parametrize("target", FILES)
def test_every_third_party_file_is_the_one_in_the_manifest(target: str) -> None:
    assert sha256((VENDOR / target).read_bytes()).hexdigest() == FILES[target]


def test_no_third_party_file_is_missing_from_the_manifest() -> None:
    present = {file.relative_to(VENDOR).as_posix() for file in VENDOR.rglob("*") if file.is_file()}

    assert present - {"manifest.json", "renew.sh"} == {name for name in FILES if not name.startswith("..")}


@pytest.mark.parametrize("package", MANIFEST)
def test_every_package_comes_with_its_version_and_licence_text(package: str) -> None:
    about = MANIFEST[package]

    assert re.fullmatch(r"\d+\.\d+\.\d+", str(about["version"]))
    assert any(Path(target).name.startswith("LICENSE") for target in dict(about["files"]))  # type: ignore[call-overload]


def test_what_is_served_is_permissively_licensed_and_only_tests_use_the_rest() -> None:
    served = {
        name: about["licence"]
        for name, about in MANIFEST.items()
        if not all(target.startswith("../../tests/") for target in dict(about["files"]))  # type: ignore[call-overload]
    }

    assert {name: licence for name, licence in served.items() if licence not in PERMISSIVE} == {}


def test_third_party_files_stay_small(assets: Assets) -> None:
    vendor = [asset for path, asset in assets.files.items() if path.startswith("vendor/")]

    assert sum(len(asset.body) for asset in vendor) < 400_000
    assert sum(len(asset.compressed or asset.body) for asset in vendor) < 160_000


def test_every_import_of_every_module_leads_to_a_file(assets: Assets) -> None:
    for page in PAGES.values():
        for path in assets.modules_from(page.entry):
            bare = re.findall(r'from "([^."][^"]*)"', assets.files[path].body.decode())
            assert set(bare) <= set(MODULES), path
    assert {*MODULES.values(), *STYLES} <= set(assets.files)


def test_no_module_is_left_over(assets: Assets) -> None:
    used = {path for page in PAGES.values() for path in assets.modules_from(page.entry)}

    assert {path for path in assets.files if path.startswith("js/")} == used


def test_no_style_sheet_is_left_over(assets: Assets) -> None:
    used = {*STYLES, *(style for page in PAGES.values() for style in page.styles)}

    assert {path for path in assets.files if path.startswith("css/")} <= used


def test_modules_stay_small_and_bring_no_foreign_address(assets: Assets) -> None:
    for path, asset in assets.files.items():
        if path.startswith("js/"):
            text = asset.body.decode()
            assert text.count("\n") <= 250 or path.startswith("js/words/"), path
            assert "://" not in text, path


def test_the_version_changes_with_any_byte(tmp_path: Path) -> None:
    for folder in ("static", "vendor"):
        (tmp_path / folder).mkdir()
    (tmp_path / "static" / "a.js").write_text("1;\n")
    before = load_assets(tmp_path)
    (tmp_path / "static" / "a.js").write_text("2;\n")

    assert load_assets(tmp_path).version != before.version
    assert list(before.files) == ["a.js"]


def _words(language: str) -> dict[str, str]:
    text = (ROOT / "static" / "js" / "words" / f"{language}.js").read_text()
    pairs = re.findall(r'^ {2}"([^"]+)": "((?:[^"\\]|\\.)*)",$', text, re.MULTILINE)
    assert len(pairs) == len(dict(pairs)), "a key stands twice"
    return dict(pairs)


def test_both_languages_have_the_same_words_with_the_same_blanks() -> None:
    zh, en = _words("zh"), _words("en")

    assert set(zh) == set(en)
    for key, text in zh.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", en[key])), key


def test_every_word_that_modules_ask_for_is_there_and_none_is_left_over(assets: Assets) -> None:
    zh = _words("zh")
    code = "\n".join(
        asset.body.decode()
        for path, asset in assets.files.items()
        if path.startswith("js/") and "/words/" not in path
    )
    asked = set(re.findall(r'\bt\(\s*"([^"]+)"', code))
    families = {f"{name}." for name in re.findall(r'\bterm\("([\w.]+)"', code)}
    families |= set(re.findall(r"\bt\(\s*`([\w.]+)\$\{", code))
    quoted = set(re.findall(r'"([a-z]+\.[\w.-]+)"', code))

    assert asked <= set(zh)
    assert {key for key in zh if key not in asked | quoted and not key.startswith(tuple(families))} == set()
