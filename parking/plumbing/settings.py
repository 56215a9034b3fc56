"""Settings of one process, read once from the environment (`CITYPARK_*`)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from parking.errors import SetupError


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a process may be told from outside; the defaults suit one machine."""

    city: Path = Path("cities/suizhou")
    home: Path = Path(".citypark")
    database_url: str = ""
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = 1883
    mqtt_username: str = ""
    mqtt_password: str = ""
    mqtt_version: str = "3.1.1"
    mqtt_ca_file: str = ""
    mqtt_cert_file: str = ""
    mqtt_key_file: str = ""
    http_host: str = "127.0.0.1"
    http_port: int = 8000
    access: str = "loopback"
    health_port: int = 0
    door_secret: str = ""
    retain: str = ""
    lang: str = "zh"
    log_level: str = "INFO"

    def redacted(self) -> str:
        """One line for the log, without secrets."""
        shown = {field.name: getattr(self, field.name) for field in fields(self)}
        shown["mqtt_password"] = "***" if self.mqtt_password else ""
        shown["door_secret"] = "***" if self.door_secret else ""
        shown["database_url"] = _without_password(self.database_url)
        return " ".join(f"{name}={value}" for name, value in shown.items() if value not in {"", 0})


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read `CITYPARK_*`; raises SetupError naming an unknown variable or a value of the wrong type."""
    source = os.environ if environment is None else environment
    known = {f"CITYPARK_{field.name.upper()}": field for field in fields(Settings)}
    values: dict[str, object] = {}
    for name, text in source.items():
        if not name.startswith("CITYPARK_") or name.startswith("CITYPARK_TEST_"):
            continue
        if name not in known:
            raise SetupError(f"unknown setting {name}: known are {', '.join(sorted(known))}")
        values[known[name].name] = _convert(name, known[name].type, text)
    return Settings(**values)  # type: ignore[arg-type]  # converted by the field's own type just above


def _convert(name: str, kind: object, text: str) -> object:
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise SetupError(f"{name} must be a whole number, not {text!r}") from None
    return Path(text) if kind is Path else text


def _without_password(url: str) -> str:
    if "@" not in url:
        return url
    parts = urlsplit(url)
    if parts.password is None:
        return url
    netloc = parts.netloc.replace(f":{parts.password}@", ":***@")
    return urlunsplit(parts._replace(netloc=netloc))
