"""Links inside an archive or directory: harmless where they stay inside, a Gap where they lead out, loop or dangle."""

import posixpath
import re
from collections.abc import Iterator

from vigie.model.evidence import Gap
from vigie.sources.media import printable

_DRIVE = re.compile(r"[A-Za-z]:")
_HOPS = 40
_DANGLES = "the link leads to no member of the archive"


def climbs(name: str) -> bool:
    """Whether a member's path is absolute or has a ".." that leads above the archive's top."""
    return name.startswith("/") or bool(_DRIVE.match(name)) or posixpath.normpath(name).split("/")[0] == ".."


class Links:
    """The names and links of one archive. A link to a member adds nothing: the member is read itself."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._links: dict[str, str | None] = {}

    def holds(self, name: str) -> bool:
        """Take note of a member and its directories; whether its path is new."""
        name = name.rstrip("/")
        new = name not in self._names
        while name and name not in self._names:
            self._names.add(name)
            name = posixpath.dirname(name)
        return new

    def add(self, name: str, target: str, *, hard: bool) -> None:
        """Take note of a link; the target of a hard link is relative to the archive's top."""
        path = target if hard else posixpath.join(posixpath.dirname(name), target)
        outside = "\0" in target or climbs(path)
        self._links[name] = None if outside else posixpath.normpath(path)

    def gaps(self, archive: str, *, whole: bool) -> Iterator[Gap]:
        """One Gap for each link that leads out, loops or dangles, in the order of the archive.

        Where the archive was not read whole, links that dangle are a consequence and are not told.
        """
        for name in self._links:
            fault = self._fault(name)
            if fault and (whole or fault != _DANGLES):
                yield Gap(f"{archive}!{printable(name)}", fault)

    def _fault(self, name: str) -> str | None:
        here = name
        for _ in range(_HOPS):
            target = self._links.get(here, "")
            if target is None:
                return "the link leads out of the archive, so it is not followed"
            here = target or here
            if here == "." or here in self._names:
                return None
            if here not in self._links:
                here = self._through(here)
                if here == "":
                    return _DANGLES
        return "the link leads back to itself"

    def _through(self, path: str) -> str:
        """`path` with its longest linked directory replaced, or "" if no part of it is a link."""
        head, tail = path, ""
        while head:
            head, last = posixpath.split(head)
            tail = posixpath.join(last, tail) if tail else last
            target = self._links.get(head) if head else None
            if target:
                joined = posixpath.normpath(posixpath.join(target, tail))
                return "" if climbs(joined) else joined
        return ""
