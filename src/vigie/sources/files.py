"""A file, or a directory read recursively in the order of its names."""

import errno
import functools
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from vigie.model.errors import VigieError
from vigie.model.evidence import Gap
from vigie.sources.archives import Blob, Found, read, within
from vigie.sources.bundle import check_names, is_bundle_name
from vigie.sources.limits import Budget, LimitError
from vigie.sources.media import HEAD, printable
from vigie.sources.spool import Spool

_VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".bzr", ".jj", "_darcs", "CVS", "__MACOSX"})


def read_path(argument: str, budget: Budget) -> Found:
    """The evidence of a file or directory; raises VigieError if it is missing or may not be read at all."""
    path = Path(argument)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            yield from _directory(path, argument, budget)
        else:
            yield from read(_blob(path, _name(path.name or argument), status, argument_itself=True), budget)
    except (OSError, ValueError) as error:
        what = _sentence(error) if isinstance(error, OSError) else "it is no path"
        raise VigieError(what, where=printable(argument), fix="check the path given with -f") from None
    except LimitError as limit:
        yield Gap(_name(path.name or argument), str(limit), how=limit.how)


def read_stream(stream: BinaryIO, origin: str, budget: Budget) -> Found:
    """The evidence of a stream that can be read once, such as standard input."""
    spool = Spool()
    try:
        spool.fill(stream, budget.unpack)
    except LimitError as limit:
        yield Gap(origin, str(limit), how=limit.how)
        return
    yield from read(Blob.of(origin, spool), budget)


def _directory(root: Path, argument: str, budget: Budget) -> Found:
    """Every regular file below `root`. Links are not followed: one that stays inside leads to a file read anyway."""
    real_root = os.path.realpath(root)
    check_names(_top_names(root), printable(argument))
    todo = [""]
    while todo:
        relative = todo.pop()
        try:
            with os.scandir(root / relative) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            if not relative:
                raise
            yield Gap(_name(relative) + "/", _sentence(error))
            continue
        below = []
        for entry in entries:
            inside = f"{relative}/{entry.name}" if relative else entry.name
            if entry.is_symlink():
                yield from _link(entry, inside, real_root)
            elif entry.is_dir(follow_symlinks=False):
                if entry.name not in _VERSION_CONTROL:
                    below.append(inside)
            elif not entry.name.startswith("._") and entry.name != ".DS_Store":
                yield from _file(entry, inside, budget)
        todo.extend(reversed(below))


def _top_names(root: Path) -> Iterator[str]:
    """The names of the first two levels, directories with "/"; the root's own name stands for a bundle's top."""
    top = root.resolve().name
    with os.scandir(root) as entries:
        names = sorted(entry.name + ("/" if entry.is_dir(follow_symlinks=False) else "") for entry in entries)
    if "version.yaml" in names or "cluster-resources/" in names or is_bundle_name(top):
        yield from (f"{top}/{name}" for name in names)
        return
    for name in names:
        yield name
        if name.endswith("/"):
            with os.scandir(root / name) as entries:
                yield from sorted(f"{name}{entry.name}" + ("/" if entry.is_dir() else "") for entry in entries)


def _link(entry: "os.DirEntry[str]", inside: str, real_root: str) -> Iterator[Gap]:
    try:
        target = os.path.realpath(entry.path, strict=True)
    except OSError as error:
        looped = error.errno == errno.ELOOP
        yield Gap(_name(inside), "the link leads back to itself" if looped else "the link leads nowhere")
        return
    if target != real_root and not target.startswith(real_root.rstrip("/") + "/"):
        what = "the link leads out of the directory, so it is not followed"
        yield Gap(_name(inside), what, how="give its target with -f")


def _file(entry: "os.DirEntry[str]", inside: str, budget: Budget) -> Found:
    origin = _name(inside)
    try:
        blob = _blob(Path(entry.path), origin, entry.stat(follow_symlinks=False))
        yield from within(blob, budget)
    except OSError as error:
        yield Gap(origin, _sentence(error))
    except LimitError as limit:
        yield Gap(origin, str(limit), how=limit.how)


def _blob(path: Path, origin: str, status: os.stat_result, *, argument_itself: bool = False) -> Blob:
    """A blob over a file. A pipe given by name (a shell's process substitution) is read once, into a spool."""
    if stat.S_ISFIFO(status.st_mode) and argument_itself:
        spool = Spool()
        with path.open("rb") as stream:
            spool.fill(stream, lambda _: None)
        return Blob.of(origin, spool)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is a device, pipe or socket, so it is not read")
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    return Blob(origin, functools.partial(_open, path), status.st_size, head)


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _name(path: str) -> str:
    """A path as text that can be printed and encoded, whatever bytes the file system holds."""
    return printable(os.fsencode(path).decode("utf-8", "backslashreplace"))


def _sentence(error: OSError) -> str:
    return (error.strerror or str(error)).lower() if error.errno != errno.EINVAL else str(error.strerror)
