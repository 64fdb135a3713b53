"""Where evidence comes from: files, directories, archives, URLs, standard input and the Kubernetes API.

A source knows transports only. What a document means is said by the system that owns it.
"""

import sys
from collections.abc import Iterator
from typing import BinaryIO

from vigie.model.errors import VigieError
from vigie.model.evidence import Evidence, Gap
from vigie.sources.limits import Budget, Limits

__all__ = ["Limits", "open_source"]


def open_source(
    argument: str, *, stdin: BinaryIO | None = None, limits: Limits | None = None
) -> Iterator[Evidence | Gap]:
    """Everything that one `-f` argument holds: a file, a directory, an archive, an http(s) URL, or "-".

    Yields evidence in a fixed order and a Gap for each part that cannot be used. Raises VigieError if nothing can,
    or if it is a Troubleshoot bundle without version.yaml. `stdin` defaults to the process's own.
    """
    budget = Budget(limits or Limits.from_environment())
    return _usable(argument, _found(argument, stdin, budget))


def _found(argument: str, stdin: BinaryIO | None, budget: Budget) -> Iterator[Evidence | Gap]:
    # The readers are imported when used: `vigie --help` needs none of them.
    if argument == "-":
        from vigie.sources.files import read_stream

        yield from read_stream(stdin or sys.stdin.buffer, "-", budget)
    elif argument.partition("://")[0].lower() in ("http", "https") and "://" in argument:
        from vigie.sources.web import read_url

        yield from read_url(argument, budget)
    else:
        from vigie.sources.files import read_path

        yield from read_path(argument, budget)


def _usable(argument: str, found: Iterator[Evidence | Gap]) -> Iterator[Evidence | Gap]:
    """Hold the gaps back until there is evidence, so that a source with none at all is one error and not a list."""
    gaps: list[Gap] = []
    readable = False
    for item in found:
        if readable:
            yield item
        elif isinstance(item, Gap):
            gaps.append(item)
        elif item.size != 0:
            readable = True
            yield from gaps
            yield item
    if readable:
        return
    if not gaps:
        raise VigieError("there is nothing to read in it", where=_shown(argument), fix="give evidence with -f")
    first = gaps[0]
    more = f" (and {len(gaps) - 1} more like it)" if len(gaps) > 1 else ""
    raise VigieError(first.what + more, where=first.origin, fix=first.how or "give readable evidence with -f")


def _shown(argument: str) -> str:
    from vigie.sources.media import printable

    return "standard input" if argument == "-" else printable(argument)
