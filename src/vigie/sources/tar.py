"""A tar archive read in one pass from a stream that cannot seek: POSIX ustar and pax, GNU long names, old V7.

The standard library's reader ends silently at a damaged header and reads pax headers of any size into memory;
both matter when the archive is hostile, so headers are walked here and only their fields are decoded by `tarfile`.
"""

import tarfile
from collections.abc import Iterator
from typing import BinaryIO

from vigie.sources.member import DamageError, Member, Part

_BLOCK = 512
_ZERO = b"\0" * _BLOCK
_LONG_FIELD = 1 << 16
_PAX_FIELDS = 1 << 20
_FILE, _DIRECTORY, _LINKS, _DEVICES = b"\x000" + b"7", b"5", b"12", b"346"
_METADATA = b"LKxXgVMN"


def is_tar(head: bytes) -> bool:
    """Whether the first block is a tar header (its checksum decides, so V7 archives without a mark count too)."""
    if len(head) < _BLOCK or head[:_BLOCK] == _ZERO:
        return False
    try:
        tarfile.TarInfo.frombuf(head[:_BLOCK], "utf-8", "backslashreplace")
    except tarfile.TarError:
        return False
    return True


def members(stream: BinaryIO) -> Iterator[Member]:
    """Every member in the order of the archive; its `stream` is valid until the next one is asked for.

    Raises DamageError where the archive cannot be read any further; what was yielded before stays good.
    """
    renamed: dict[str, str] = {}
    while (block := _header_block(stream)) != _ZERO:
        info = _header(block)
        kind = info.type
        if kind in (b"L", b"K"):
            field = "path" if kind == b"L" else "linkpath"
            renamed[field] = _text(_field(stream, info.size, _LONG_FIELD)).rstrip("\0")
            continue
        if kind in (b"x", b"X"):
            renamed |= _pax(_field(stream, info.size, _PAX_FIELDS))
            continue
        size = int(renamed["size"]) if renamed.get("size", "").isdecimal() else info.size
        part = Part(stream, 0 if kind in _LINKS + _DIRECTORY else size)
        if kind not in _METADATA:
            yield _member(info, renamed, part)
        renamed = {}
        part.skip()
        _exactly(stream, -part.size % _BLOCK)


def _member(info: tarfile.TarInfo, renamed: dict[str, str], part: Part) -> Member:
    name = renamed.get("path", info.name)
    target = renamed.get("linkpath", info.linkname)
    if info.type == b"S" or any(field.startswith("GNU.sparse.") for field in renamed):
        return Member(name, "sparse", part.size, part)
    if info.type in _LINKS:
        return Member(name, "hardlink" if info.type == b"1" else "symlink", 0, part, target)
    if info.type in _DIRECTORY or (info.type in _FILE and name.endswith("/")):
        return Member(name, "directory", 0, part)
    if info.type in _DEVICES:
        return Member(name, "device", 0, part)
    # POSIX: an unknown type is to be treated as a regular file.
    return Member(name, "file", part.size, part)


def _header_block(stream: BinaryIO) -> bytes:
    block = stream.read(_BLOCK)
    if not block:
        raise DamageError("it has no end mark, so members may be missing")
    if len(block) < _BLOCK:
        raise DamageError("it is truncated inside a member's header")
    return block


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "backslashreplace")
    except (tarfile.TarError, ValueError) as error:
        raise DamageError(f"a member's header is damaged ({error})") from None
    if info.size < 0:
        raise DamageError("a member's header gives a negative size")
    return info


def _field(stream: BinaryIO, size: int, most: int) -> bytes:
    if size > most:
        raise DamageError(f"a member's extended header claims {size:,} bytes")
    return _exactly(stream, size + -size % _BLOCK)[:size]


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count) if count else b""
    if len(data) < count:
        raise DamageError("it is truncated")
    return data


def _pax(data: bytes) -> dict[str, str]:
    """The `LENGTH KEY=VALUE` records of a pax extended header."""
    fields: dict[str, str] = {}
    at = 0
    while at < len(data):
        length_text, blank, _ = data[at : at + 21].partition(b" ")
        if not blank or not length_text.isdigit() or int(length_text) <= len(length_text) + 1:
            raise DamageError("a member's extended header is damaged")
        record = data[at + len(length_text) + 1 : at + int(length_text) - 1]
        key, _, value = record.partition(b"=")
        fields[_text(key)] = _text(value)
        at += int(length_text)
    return fields


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
