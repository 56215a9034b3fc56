"""The rules of ARCHITECTURE.md hold, and each of them bites when it is broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.architecture import (
    OUTSIDE,
    ROOT,
    SERVICES,
    float_money,
    foreign_writes,
    impure_imports,
    python_files,
    table_owners,
)

PACKAGES = (*SERVICES, "app", "parking", "web")


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


# Planted module, its source, and the breach that the linter must report for it.
BREACHES = [
    ("billing/planted.py", "import guidance.signs\n", "billing.planted -> guidance.signs"),
    ("guidance/planted.py", "import billing.stays\n", "guidance.planted -> billing.stays"),
    ("simulators/planted.py", "import ingest.codecs\n", "simulators.planted -> ingest.codecs"),
    ("parking/planted.py", "import billing\n", "parking.planted -> billing"),
    ("occupancy/planted.py", "import app.street\n", "occupancy.planted -> app.street"),
    ("parking/span.py", "\nimport parking.plumbing.settings\n", "parking.span -> parking.plumbing.settings"),
    ("parking/money.py", "\nimport numpy\n", "parking.money -> numpy"),
]


def plant(root: Path, module: str, source: str) -> None:
    path = root / module
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(path.read_text() + source if path.exists() else source)


def test_every_planted_import_is_caught(tmp_path: Path) -> None:
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("vendor", "static", "__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, source, _ in BREACHES:
        plant(tmp_path, module, source)

    result = lint_imports(tmp_path)

    assert result.returncode != 0
    assert [breach for _, _, breach in BREACHES if breach not in result.stdout] == []


def test_every_word_of_parking_is_under_the_contract() -> None:
    words = {f"parking.{path.stem}" for path in (ROOT / "parking").glob("*.py") if path.stem != "__init__"}
    text = (ROOT / "pyproject.toml").read_text()

    assert {word for word in words if f'"{word}"' not in text} == set()


@pytest.mark.parametrize("package", SERVICES)
def test_pure_modules_stay_pure(package: str) -> None:
    assert impure_imports(ROOT, package) == []


@pytest.mark.parametrize("name", sorted(OUTSIDE))
def test_planted_impurity_is_caught(tmp_path: Path, name: str) -> None:
    plant(tmp_path, "billing/planted.py", f"import {name}\n")

    assert impure_imports(tmp_path, "billing") == [f"billing/planted: {name}"]


def test_every_table_has_one_writing_package() -> None:
    assert foreign_writes(ROOT, table_owners(ROOT)) == []


@pytest.mark.parametrize(
    "sql",
    ["INSERT INTO stays VALUES (1)", "UPDATE stays SET x = 1", "DELETE FROM stays", "COPY stays FROM STDIN"],
)
def test_planted_foreign_write_is_caught(tmp_path: Path, sql: str) -> None:
    plant(tmp_path, "guidance/planted.py", f'QUERY = "{sql}"\n')

    assert foreign_writes(tmp_path, table_owners(ROOT)) == ["guidance/planted.py: stays"]


# Where billing may hold a float or a slash, and why: none of it is money.
NOT_MONEY = {
    "archive.py": "seconds of silence",
    "bodies.py": "confidence of a plate",
    "books.py": "paths",
    "service.py": "seconds between polls",
    "sightings.py": "confidence of a plate",
    "tariff/bench.py": "stays per second",
}


def test_billing_knows_no_floats() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in python_files(ROOT, "billing")
        if path.relative_to(ROOT / "billing").as_posix() not in NOT_MONEY
        for line in float_money(path.read_text())
    }

    assert found == set()


@pytest.mark.parametrize("source", ["x = 1.5", "x = float('2')", "x = 3 / 2"])
def test_planted_float_is_caught(source: str) -> None:
    assert float_money(source) == [1]
