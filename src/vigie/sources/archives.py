"""From a blob of bytes to evidence: a document as it is, an archive member by member, whatever its name says."""

import io
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from vigie.model.errors import VigieError
from vigie.model.evidence import Evidence, Gap
from vigie.sources import tar, zips
from vigie.sources.bundle import TopLevel, check_names
from vigie.sources.limits import RATIO_FREE, Budget, LimitError
from vigie.sources.links import Links, climbs
from vigie.sources.media import HEAD, UTF8_MARK, is_binary, media, printable, utf16
from vigie.sources.member import DamageError, Member, Part
from vigie.sources.spool import BLOCK, Spool
from vigie.sources.unpack import Unpacked, packing

_NESTED = 2
_PRESCAN = 64 << 20
_NOISE = re.compile(r"(?:^|/)(?:\._[^/]*|\.DS_Store|__MACOSX(?:/.*)?)$")
Found = Iterator[Evidence | Gap]


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes with an origin that are not yet known to be a document or an archive."""

    origin: str
    open: Callable[[], BinaryIO]
    size: int | None
    head: bytes

    @classmethod
    def of(cls, origin: str, spool: Spool) -> "Blob":
        """A blob over a spool."""
        return cls(origin, spool.open, spool.size, spool.head(HEAD))


def read(blob: Blob, budget: Budget, depth: int = 0) -> Found:
    """The evidence in a blob, `depth` archives deep.

    Raises VigieError for a Troubleshoot bundle without version.yaml; everything else that is wrong is a Gap.
    """
    kind = packing(blob.head)
    if kind == "zstd":
        yield Gap(blob.origin, "zstd-compressed data is not read", how="unpack it with `zstd -d` first")
    elif kind:
        yield from _packed(blob, kind, budget, depth)
    elif zips.is_zip(blob.head):
        yield from _archive(blob, lambda: (zips.members(stream := blob.open()), stream, None), budget, depth)
    elif tar.is_tar(blob.head):
        yield from _archive(blob, lambda: (tar.members(stream := blob.open()), stream, None), budget, depth)
    else:
        yield _document(blob)


def within(blob: Blob, budget: Budget, depth: int = 0) -> Found:
    """As `read`, for one blob among others: a refused bundle is a Gap here and does not cost the others."""
    try:
        yield from read(blob, budget, depth)
    except VigieError as error:
        yield Gap(error.where or blob.origin, error.what, how=error.fix)


def _document(blob: Blob) -> Evidence | Gap:
    codec = utf16(blob.head)
    if codec is not None:
        return _transcoded(blob, codec)
    mark = len(UTF8_MARK) if blob.head.startswith(UTF8_MARK) else 0
    head = blob.head[mark:]
    if is_binary(head):
        return Gap(blob.origin, "binary data in no known format")
    size = None if blob.size is None else blob.size - mark
    return Evidence(blob.origin, _behind(blob.open, mark), media(blob.origin, head), size)


def _behind(opener: Callable[[], BinaryIO], mark: int) -> Callable[[], BinaryIO]:
    if not mark:
        return opener

    def opened() -> BinaryIO:
        stream = opener()
        stream.read(mark)
        return stream

    return opened


def _transcoded(blob: Blob, codec: str) -> Evidence | Gap:
    spool = Spool()
    try:
        with io.TextIOWrapper(blob.open(), codec, newline="") as text:
            while chunk := text.read(BLOCK):
                spool.write(chunk.encode("utf-8"))
    except (UnicodeError, OSError) as error:
        return Gap(blob.origin, f"it starts as UTF-16 text but cannot be decoded ({error})")
    return _document(Blob.of(blob.origin, spool))


def _packed(blob: Blob, kind: str, budget: Budget, depth: int) -> Found:
    def unpacked() -> Unpacked:
        return Unpacked(blob.open(), kind, budget.limits)

    with io.BufferedReader(unpacked(), BLOCK) as start:
        first = start.read(512)
    if tar.is_tar(first):

        def opened() -> tuple[Iterator[Member], BinaryIO, Unpacked]:
            stream = io.BufferedReader(raw := unpacked(), BLOCK)
            return tar.members(stream), stream, raw

        yield from _archive(blob, opened, budget, depth)
        return
    if depth > _NESTED:
        yield Gap(blob.origin, "compressed data this deep inside archives is not read")
        return
    spool = Spool()
    raw = unpacked()
    with io.BufferedReader(raw, BLOCK) as stream:
        try:
            spool.fill(stream, _counter(budget))
        except LimitError as limit:
            yield Gap(blob.origin, str(limit), how=limit.how)
            return
        except OSError as error:
            yield Gap(blob.origin, f"it cannot be unpacked: {error.strerror or error}")
            return
    yield from _whole(Blob.of(blob.origin, spool), raw.fault, raw.limit, budget, depth)


def _whole(inner: Blob, fault: str | None, limit: str | None, budget: Budget, depth: int) -> Found:
    """What was unpacked; where it was cut short, only what stays true when cut, and the Gap that says so."""
    if fault is None:
        yield from read(inner, budget, depth + 1)
        return
    if limit is None:
        yield from _cut(inner)
    yield Gap(inner.origin, fault, how=LimitError(limit, "").how if limit else "")


def _cut(blob: Blob) -> Found:
    """A document that ends early: whole JSON items and log lines stay true, half a YAML document may lie."""
    if blob.size and not packing(blob.head) and not zips.is_zip(blob.head) and not tar.is_tar(blob.head):
        document = _document(blob)
        if isinstance(document, Evidence) and document.media in ("json", "log"):
            yield document


def _counter(budget: Budget, packed: int | None = None) -> Callable[[int], None]:
    """Counts the bytes of one member against the budget; `packed` is its packed size where that is known."""
    total = 0

    def count(more: int) -> None:
        nonlocal total
        total += more
        budget.unpack(more)
        if total > budget.limits.member:
            raise LimitError("member", f"it unpacks to more than {budget.limits.member:,} bytes")
        if packed is not None and total > RATIO_FREE and total > budget.limits.ratio * packed:
            raise LimitError(
                "ratio", f"it unpacks to more than {budget.limits.ratio} times its size, as a decompression bomb does"
            )

    return count


Opened = Callable[[], tuple[Iterator[Member], BinaryIO, Unpacked | None]]


def _archive(blob: Blob, opened: Opened, budget: Budget, depth: int) -> Found:
    if depth >= _NESTED:
        yield Gap(blob.origin, "an archive this deep inside archives is not read", how="unpack the outer one first")
        return
    check_names(_names(opened), blob.origin)
    walk = _Walk(blob.origin, TopLevel(), Links(), budget, depth)
    entries, stream, unpacked = opened()
    last = ""
    whole = False
    with stream:
        try:
            for member in entries:
                last = member.name
                budget.member()
                yield from _member(walk, member)
            whole = True
        except LimitError as limit:
            yield Gap(blob.origin, f"{limit}; the rest of it is not read", how=limit.how)
        except DamageError as damage:
            cause = (unpacked.fault if unpacked else None) or str(damage)
            behind = f"; the last member met is {printable(last)}" if last else ""
            limit_name = unpacked.limit if unpacked else None
            yield Gap(blob.origin, cause + behind, how=LimitError(limit_name, "").how if limit_name else "")
        except OSError as error:
            yield Gap(blob.origin, f"it cannot be read any further: {error.strerror or error}")
    yield from walk.links.gaps(blob.origin, whole=whole)
    walk.top.check(blob.origin)


def _names(opened: Opened) -> Iterator[str]:
    """The first member names, to tell a bundle before its evidence is used; damage is left to the reading itself."""
    entries, stream, _ = opened()
    top, passed = TopLevel(), 0
    with stream:
        try:
            for member in entries:
                name = _plain(member.name)
                top.see(name)
                yield name
                passed += member.size
                if passed > _PRESCAN and top.root is None:
                    return
        except DamageError:
            return


def _plain(name: str) -> str:
    while name.startswith("./"):
        name = name[2:].lstrip("/")
    return name


@dataclass(frozen=True, slots=True)
class _Walk:
    """One archive while its members are met: where it is, what its top level shows, and its names and links."""

    origin: str
    top: TopLevel
    links: Links
    budget: Budget
    depth: int


def _member(walk: _Walk, member: Member) -> Found:
    name = _plain(member.name)
    origin = f"{walk.origin}!{printable(name)}"
    links = walk.links
    if not name or _NOISE.search(name):
        return
    if climbs(name):
        yield Gap(origin, "the member's path leads out of the archive, so it is not read")
        return
    walk.top.see(name)
    if member.kind in ("symlink", "hardlink"):
        links.add(name, member.target, hard=member.kind == "hardlink")
        return
    if member.kind == "directory":
        links.holds(name)
        return
    if not links.holds(name):
        yield Gap(origin, "the archive holds this path twice; the first one is used")
        return
    if member.kind != "file" or member.stream is None:
        yield Gap(origin, _UNREADABLE[member.kind], how=_HOW.get(member.kind, ""))
        return
    yield from _file(origin, member, member.stream, walk)


_UNREADABLE = {
    "device": "the member is a device, pipe or socket, so it is not read",
    "sparse": "sparse members are not read",
    "encrypted": "the member is encrypted",
    "file": "the member has no bytes",
}
_HOW = {"encrypted": "unpack the archive with its password first", "sparse": "archive it again without --sparse"}


def _file(origin: str, member: Member, stream: Part | BinaryIO, walk: _Walk) -> Found:
    spool = Spool()
    try:
        spool.fill(cast(BinaryIO, stream), _counter(walk.budget, member.packed))
    except LimitError as limit:
        if limit.limit == "unpacked":
            raise
        yield Gap(origin, str(limit), how=limit.how)
        return
    except DamageError as damage:
        yield Gap(origin, str(damage))
        return
    except (OSError, zlib.error) as error:
        yield Gap(origin, f"it cannot be unpacked: {getattr(error, 'strerror', None) or error}")
        return
    if isinstance(stream, Part) and stream.missing:
        # The archive's own damage is told once, by the reader of the archive.
        yield from _cut(Blob.of(origin, spool))
        return
    yield from within(Blob.of(origin, spool), walk.budget, walk.depth + 1)
