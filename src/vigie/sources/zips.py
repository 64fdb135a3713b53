"""A zip archive by its central directory, or, where that is cut off, by walking the local headers."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO, cast

from vigie.sources.member import DamageError, Member, Part
from vigie.sources.spool import BLOCK

_LOCAL = b"PK\x03\x04"
_EMPTY = b"PK\x05\x06"
_ENCRYPTED = 0x1
_SIZES_FOLLOW = 0x8
_UTF8 = 0x800
_LINK_TARGET = 4096


def is_zip(head: bytes) -> bool:
    """Whether the first bytes are those of a zip archive."""
    return head.startswith((_LOCAL, _EMPTY))


def members(stream: BinaryIO) -> Iterator[Member]:
    """Every member in the order of the central directory, its stream open until the next one is asked for.

    `stream` must seek. Raises DamageError where the archive's directory is missing, after the members that its local
    headers still show; a member that cannot be decoded raises from its own stream.
    """
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError, OSError) as error:
        stream.seek(0)
        yield from _salvaged(stream)
        raise DamageError(f"it is truncated or damaged ({_sentence(error)})") from None
    with archive:
        for info in archive.infolist():
            yield from _one(archive, info)


def _one(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[Member]:
    name = info.filename.replace("\\", "/")
    mode = info.external_attr >> 16
    if info.flag_bits & _ENCRYPTED:
        yield Member(name, "encrypted", info.file_size)
    elif name.endswith("/"):
        yield Member(name, "directory", 0)
    elif stat.S_ISLNK(mode):
        target = _Late(archive, info).read(_LINK_TARGET).decode("utf-8", "backslashreplace")
        yield Member(name, "symlink", 0, None, target)
    elif stat.S_IFMT(mode) in (stat.S_IFBLK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK):
        yield Member(name, "device", 0)
    else:
        yield Member(name, "file", info.file_size, cast(BinaryIO, _Late(archive, info)), packed=info.compress_size)


def _sentence(error: Exception) -> str:
    return str(error).rstrip(".").lower() or type(error).__name__


class _Late:
    """A member's stream that is opened when first read, so that an error belongs to the member and not the archive."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._info = info
        self._stream: IO[bytes] | None = None

    def read(self, count: int) -> bytes:
        try:
            if self._stream is None:
                self._stream = self._archive.open(self._info)
            data = self._stream.read(count)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, struct.error) as error:
            raise DamageError(f"it cannot be unpacked ({_sentence(error)})") from None
        if not data:
            self._stream.close()
        return data


def _salvaged(stream: BinaryIO) -> Iterator[Member]:
    """The members whose local headers can be walked from the start, for an archive without its directory."""
    while (header := stream.read(30))[:4] == _LOCAL and len(header) == 30:
        flags, method, packed, size, name_length, extra = struct.unpack("<6xHH8xIIHH", header)
        raw = stream.read(name_length)
        name = raw.decode("utf-8" if flags & _UTF8 else "cp437", "backslashreplace").replace("\\", "/")
        stream.read(extra)
        if flags & _ENCRYPTED or method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            return
        if flags & _SIZES_FOLLOW and method == zipfile.ZIP_STORED:
            return
        if 0xFFFFFFFF in (packed, size):
            return
        if name.endswith("/"):
            yield Member(name, "directory", 0)
            continue
        if method == zipfile.ZIP_STORED:
            part = Part(stream, packed)
            yield Member(name, "file", packed, part)
            part.skip()
        else:
            inflated = _Inflated(stream)
            yield Member(name, "file", size, cast(BinaryIO, inflated), packed=packed or None)
            inflated.finish(with_descriptor=bool(flags & _SIZES_FOLLOW))


class _Inflated:
    """One raw deflate stream inside `stream`, which is left just behind it by `finish`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = zlib.decompressobj(wbits=-15)

    def read(self, count: int) -> bytes:
        while not self._decoder.eof:
            packed = self._decoder.unconsumed_tail or self._stream.read(BLOCK)
            if not packed:
                raise DamageError("it is truncated")
            try:
                data = self._decoder.decompress(packed, count)
            except zlib.error as error:
                raise DamageError(f"it cannot be unpacked ({error})") from None
            if data:
                return data
        return b""

    def finish(self, *, with_descriptor: bool) -> None:
        while self.read(BLOCK):
            pass
        self._stream.seek(-len(self._decoder.unused_data), 1)
        if with_descriptor:
            mark = self._stream.read(4)
            self._stream.read(12 if mark == b"PK\x07\x08" else 8)


