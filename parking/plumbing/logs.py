"""Logs as lines of `key=value` that a person can read and a machine can split."""

import logging
import sys

_PLAIN = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class _KeyValueFormatter(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__(datefmt="%Y-%m-%dT%H:%M:%S%z")
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        at = self.formatTime(record, self.datefmt)
        head = f"{at} {record.levelname:<7} {self._service} {record.getMessage()}"
        extra = " ".join(
            f"{key}={_quoted(value)}" for key, value in record.__dict__.items() if key not in _PLAIN
        )
        line = f"{head} {extra}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _quoted(value: object) -> str:
    text = str(value)
    return f'"{text}"' if " " in text or not text else text


def set_up_logs(service: str, level: str = "INFO") -> None:
    """Send this process's logs to standard error; call once, at start."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_KeyValueFormatter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
