"""The last answer, kept for `explain cause/ID`: in the user's cache, readable by nobody else."""

import os
from pathlib import Path
from typing import Any

import msgspec


def _path() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(root) / "vigie" / "last-answer.json"


def keep(said: dict[str, Any]) -> None:
    """Remember an answer; a cache that cannot be written is no reason to fail."""
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_suffix(f".{os.getpid()}")
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as stream:
            stream.write(msgspec.json.encode(said))
        fresh.replace(path)
    except OSError:
        return


def last() -> dict[str, Any] | None:
    """The last answer, None where there is none."""
    try:
        said = msgspec.json.decode(_path().read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return said if isinstance(said, dict) else None
