"""Money as integer fen (0.01 yuan); floats never touch it."""

import re
from typing import NewType

Fen = NewType("Fen", int)

_YUAN = re.compile(r"(-?)(\d+)(?:\.(\d{1,2}))?")


def parse_yuan(text: str) -> Fen:
    """Read an amount in yuan such as "3.5"; raises ValueError when it is not exact in fen."""
    match = _YUAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not an amount in yuan with at most two decimals: {text!r}")
    sign, yuan, fen = match.groups()
    amount = int(yuan) * 100 + int((fen or "").ljust(2, "0"))
    return Fen(-amount if sign else amount)


def format_yuan(amount: Fen) -> str:
    """Write an amount in yuan with two decimals, such as "3.50"."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d}"
