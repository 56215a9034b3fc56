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


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the packages in which a rule can be broken."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("vendor", "__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(root: Path, module: str, source: str) -> None:
    path = root / module
    path.write_text(path.read_text() + source if path.exists() else source)


@pytest.mark.parametrize(
    ("module", "source", "contract"),
    [
        ("billing/planted.py", "import guidance\n", "services are independent"),
        ("guidance/planted.py", "import billing.stays\n", "services are independent"),
        ("simulators/planted.py", "import ingest.codecs\n", "services are independent"),
        ("parking/planted.py", "import billing\n", "services are independent"),
        ("occupancy/planted.py", "import app.street\n", "services are independent"),
        ("parking/span.py", "\nimport parking.plumbing.settings\n", "words use"),
        ("parking/money.py", "\nimport numpy\n", "words use"),
    ],
)
def test_planted_import_is_caught(copy: Path, module: str, source: str, contract: str) -> None:
    plant(copy, module, source)

    result = lint_imports(copy)

    assert result.returncode != 0
    assert any(contract in line and "BROKEN" in line for line in result.stdout.splitlines())


def test_every_word_of_parking_is_under_the_contract() -> None:
    words = {f"parking.{path.stem}" for path in (ROOT / "parking").glob("*.py") if path.stem != "__init__"}
    text = (ROOT / "pyproject.toml").read_text()

    assert {word for word in words if f'"{word}"' not in text} == set()


@pytest.mark.parametrize("package", SERVICES)
def test_pure_modules_stay_pure(package: str) -> None:
    assert impure_imports(ROOT, package) == []


@pytest.mark.parametrize("name", sorted(OUTSIDE))
def test_planted_impurity_is_caught(copy: Path, name: str) -> None:
    plant(copy, "billing/planted.py", f"import {name}\n")

    assert f"billing/planted: {name}" in impure_imports(copy, "billing")


def test_every_table_has_one_writing_package() -> None:
    assert foreign_writes(ROOT, table_owners(ROOT)) == []


@pytest.mark.parametrize(
    "sql",
    ["INSERT INTO stays VALUES (1)", "UPDATE stays SET x = 1", "DELETE FROM stays", "COPY stays FROM STDIN"],
)
def test_planted_foreign_write_is_caught(copy: Path, sql: str) -> None:
    plant(copy, "guidance/planted.py", f'QUERY = "{sql}"\n')

    assert foreign_writes(copy, table_owners(copy)) == ["guidance/planted.py: stays"]


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
