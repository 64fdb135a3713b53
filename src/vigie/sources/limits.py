"""How much one `-f` argument may unpack, fetch and contain, so that hostile evidence cannot exhaust the machine."""

import os
from dataclasses import dataclass, fields

from vigie.model.errors import UsageError

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one source. Each can be set by an environment variable of the same name: `VIGIE_MAX_RATIO=1000`.

    `unpacked` and `member` are bytes after decompression, of the whole argument and of one member; `ratio` is unpacked
    over packed bytes and counts once more than `RATIO_FREE` bytes came out; `members` counts archive members;
    `download` is bytes from a URL; `seconds` is the longest silence of a server.
    """

    unpacked: int = 64 * GIB
    member: int = 16 * GIB
    ratio: int = 200
    members: int = 1_000_000
    download: int = 16 * GIB
    seconds: int = 30

    @classmethod
    def from_environment(cls) -> "Limits":
        """The default bounds with those of the environment in their place; raises UsageError if one is no number."""
        known = {}
        for field in fields(cls):
            name = variable(field.name)
            text = os.environ.get(name)
            if text is None:
                continue
            if not (text.isascii() and text.isdigit()) or int(text) == 0:
                raise UsageError(f"{text!r} is not a positive whole number", where=name, fix="give one or unset it")
            known[field.name] = int(text)
        return cls(**known)


RATIO_FREE = 64 * MIB


def variable(limit: str) -> str:
    """The environment variable that sets a limit: "ratio" -> "VIGIE_MAX_RATIO"."""
    return f"VIGIE_MAX_{limit.upper()}"


class LimitError(Exception):
    """A bound was met; `limit` names the field of Limits, the text says what grew too large."""

    def __init__(self, limit: str, what: str) -> None:
        super().__init__(what)
        self.limit = limit
        self.how = f"set {variable(limit)} higher if you trust it"


class Budget:
    """What one argument has used of its limits, nested archives included."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._unpacked = 0
        self._members = 0

    def unpack(self, size: int) -> None:
        """Count `size` more unpacked bytes; raises LimitError."""
        self._unpacked += size
        if self._unpacked > self.limits.unpacked:
            raise LimitError("unpacked", f"it unpacks to more than {self.limits.unpacked:,} bytes")

    def member(self) -> None:
        """Count one more archive member; raises LimitError."""
        self._members += 1
        if self._members > self.limits.members:
            raise LimitError("members", f"it holds more than {self.limits.members:,} members")
