"""How a system recognises the documents that are its own: a declared match on the path."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Means = Literal["objects", "log", "errors", "ignore"]


@dataclass(frozen=True)
class Document:
    """Files whose path matches `path` hold `means`.

    `path` is matched against the end of the origin, with `{name}` for one path element and `{name...}` for several.
    For "objects", `kind` (short form, may be given by `{kind}` through `kinds`) is assumed for items that do not say
    their own, and the file is taken as the full list of that kind in `{namespace}` (or the whole cluster). For "log",
    the names `namespace`, `pod` and `container` say whose log it is, `previous` that it is of the run before, and
    `{attempt}` which run: the highest is the current one. A file of several logs has `split`: a pattern whose groups
    `pod`, `container` and perhaps `namespace` say whose lines follow, or, with a group `line`, whose that line is.
    For "errors", the file lists what could not be collected.
    """

    path: str
    means: Means
    kind: str = ""
    previous: bool = False
    doc: str = ""
    split: re.Pattern[str] | None = None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        out = []
        for piece in re.split(r"(\{\w+(?:\.\.\.)?\})", self.path):
            if piece.startswith("{"):
                name = piece[1:-1]
                out.append(f"(?P<{name[:-3]}>.+)" if name.endswith("...") else f"(?P<{name}>[^/!]+)")
            else:
                out.append(re.escape(piece))
        return re.compile(r"(?:^|[/!])" + "".join(out) + r"$")
