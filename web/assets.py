"""The files that browsers load, read once at start: their bytes, types, and one version for all of them."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent
# What is not named here is not served.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_IMPORT = re.compile(r'^(?:import|export)\b[^"]*?"(\.[^"]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file as it is sent; `compressed` is None where gzip would not make it smaller."""

    body: bytes
    compressed: bytes | None
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """All files by path below `/static/<version>/`; the version changes with any byte of any of them."""

    version: str
    files: dict[str, Asset]

    def modules_from(self, entry: str) -> tuple[str, ...]:
        """The module `entry` and everything it imports by relative path, so that a page can preload them."""
        found: dict[str, None] = {}
        waiting = [entry]
        while waiting:
            path = waiting.pop(0)
            if path not in found:
                found[path] = None
                waiting.extend(self._imports(path))
        return tuple(found)

    def _imports(self, path: str) -> Iterator[str]:
        for target in _IMPORT.findall(self.files[path].body.decode()):
            yield _resolve(PurePosixPath(path).parent, target)


def load_assets(root: Path = ROOT) -> Assets:
    """Read `static/` and `vendor/` below `root`."""
    files = {path: _read(file) for path, file in _find(root)}
    digest = sha256()
    for path, asset in files.items():
        digest.update(path.encode() + b"\0" + asset.body)
    return Assets(version=digest.hexdigest()[:12], files=files)


def _find(root: Path) -> Iterator[tuple[str, Path]]:
    for folder, prefix in (("static", ""), ("vendor", "vendor/")):
        for file in sorted((root / folder).rglob("*")):
            if file.is_file() and file.suffix in _TYPES:
                yield prefix + file.relative_to(root / folder).as_posix(), file


def _read(file: Path) -> Asset:
    body = file.read_bytes()
    packed = gzip.compress(body, mtime=0)
    return Asset(
        body=body,
        compressed=packed if len(packed) < 0.9 * len(body) else None,
        media_type=_TYPES[file.suffix],
    )


def _resolve(folder: PurePosixPath, target: str) -> str:
    parts = list(folder.parts)
    for part in PurePosixPath(target).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
