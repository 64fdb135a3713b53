"""Evidence: bytes with an origin and a time, and the gaps where evidence should be and is not."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Listed:
    """A statement that a kind was listed in full: what is not in the list did not exist at that time.

    `namespace` None means all namespaces. `group` is "" for the core group.
    """

    group: str
    kind: str
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One document as it was found, not yet read.

    `origin` is what a person opens: a path relative to the `-f` argument, `ARCHIVE!MEMBER`, a URL, or the API path
    of a live list. `open` gives a fresh binary stream each time it is called (an archive member may be spooled).
    `media` is a format's name ("json", "yaml", "log") or "" to be found out from the name and the first bytes.
    `time` is when the evidence was taken, in microseconds since the epoch, where the source knows it.
    `listed` is set by a source that knows what the document covers; `first` is the index of its first item, for a
    page of a longer list.
    """

    origin: str
    open: Callable[[], BinaryIO]
    media: str = ""
    size: int | None = None
    time: int | None = None
    listed: Listed | None = None
    first: int = 0

    @classmethod
    def of(cls, origin: str, data: bytes, media: str = "", **known: object) -> "Evidence":
        """Evidence that is held in memory already."""
        return cls(origin, lambda: io.BytesIO(data), media, len(data), **known)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Gap:
    """Evidence that is missing: its outcome is *unknown*, never *ok*.

    `what` says it in one line, `origin` where it was met; `listed` names the kind and namespace that cannot be read,
    where that is known; `how` is the command or right that would close the gap.
    """

    origin: str
    what: str
    listed: Listed | None = None
    how: str = ""
