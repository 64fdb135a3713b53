"""Kubernetes quantities: `100m`, `1.5`, `64Mi`, `2e3`."""

import re
from typing import Any

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([KMGTPE]i)|([numkMGTPE]))?")
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_DECIMAL = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}


def quantity(value: Any) -> float | None:
    """A quantity as a number in its base unit (cores, bytes, pieces); None for what is no quantity."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value)
    match = _FORM.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    mantissa, exponent, binary, decimal = match.groups()
    if exponent:
        return float(mantissa + exponent)
    return float(mantissa) * (_BINARY[binary] if binary else _DECIMAL[decimal] if decimal else 1)
