"""Reads the source tree as text, to hold it to the rules of ARCHITECTURE.md."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("ingest", "occupancy", "billing", "enforcement", "guidance", "simulators")

# What a pure module may not import: waiting, clocks, chance, logs, drivers, servers.
OUTSIDE = frozenset({
    "asyncio", "time", "os", "random", "logging", "socket", "threading", "subprocess", "http", "urllib",
    "psycopg", "psycopg_pool", "paho", "aiomqtt", "fastapi", "starlette", "uvicorn", "prometheus_client",
})  # fmt: skip
# Chance that is drawn from a seed handed in is pure; the simulated city is made of it.
SEEDED = {"simulators": frozenset({"random"})}
# Modules and folders of a service that may: loops, routes, adapters, readers of files.
SHELL = re.compile(r"(service|api|store|link|desk|\w*files?)(\.|/|$)")
WRITES = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|COPY|TRUNCATE)\s+([a-z_]+)\b(?!\s+TO\b)")
CREATES = re.compile(r"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([a-z_]+)", re.IGNORECASE)


def python_files(root: Path, package: str) -> Iterator[Path]:
    """Every module of a package."""
    yield from sorted((root / package).rglob("*.py"))


def imports_of(source: str) -> set[str]:
    """Top-level names that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def impure_imports(root: Path, package: str) -> list[str]:
    """Pure modules of a service that import what only its shell may: `file: name`."""
    found = []
    for path in python_files(root, package):
        inside = path.relative_to(root / package).with_suffix("").as_posix()
        if SHELL.match(inside):
            continue
        banned = OUTSIDE - SEEDED.get(package, frozenset())
        found += [f"{package}/{inside}: {name}" for name in sorted(imports_of(path.read_text()) & banned)]
    return found


def table_owners(root: Path) -> dict[str, str]:
    """Package whose migrations create each table."""
    return {
        table: package
        for package in SERVICES
        for path in sorted((root / package / "sql").glob("*.sql"))
        for table in CREATES.findall(path.read_text())
    }


def foreign_writes(root: Path, owners: Mapping[str, str]) -> list[str]:
    """SQL that writes a table of another package: `file: table`."""
    found = []
    for package in (*SERVICES, "app", "web", "parking"):
        for path in python_files(root, package):
            for text in _strings(path.read_text()):
                found += [
                    f"{path.relative_to(root)}: {table}"
                    for table in WRITES.findall(text)
                    if owners.get(table, package) != package
                ]
    return found


def float_money(source: str) -> list[int]:
    """Lines that make a float in code about money: a float literal, `float(...)` or true division."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        is_literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
        is_division = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
        if is_literal or is_call or is_division:
            lines.append(getattr(node, "lineno", 0))
    return lines


def _strings(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
