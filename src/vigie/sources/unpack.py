"""Decompression as a stream that counts: gzip, bzip2 and xz, several members in a row, bounded in size and ratio."""

import bz2
import io
import lzma
import zlib
from typing import BinaryIO, Protocol

from vigie.sources.limits import RATIO_FREE, Limits

_IN = 1 << 16
_OUT = 1 << 18
_XZ_MEMORY = 512 << 20
SIGNATURES = {b"\x1f\x8b\x08": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd"}


def packing(head: bytes) -> str:
    """The compression that the first bytes show: "gzip", "bzip2", "xz", "zstd" or ""."""
    for signature, name in SIGNATURES.items():
        if head.startswith(signature):
            return name
    return ""


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Unpacked(io.RawIOBase):
    """What `raw` unpacks to. DamageError ends the stream early and is then told by `fault` (a sentence) and `limit`.

    Ending instead of raising keeps every byte before the damage usable.
    """

    def __init__(self, raw: BinaryIO, kind: str, limits: Limits) -> None:
        self._raw = raw
        self._kind = kind
        self._limits = limits
        self._decoder: _Decoder | None = self._fresh()
        self._pending = b""
        self._read = 0
        self._written = 0
        self.fault: str | None = None
        self.limit: str | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        if self.fault is not None or self._decoder is None:
            return 0
        try:
            data = self._some(min(len(buffer), _OUT))
        except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
            self.fault = f"its {self._kind} data is damaged after {self._written:,} unpacked bytes ({error})"
            return 0
        self._written += len(data)
        self._check_ratio()
        if self.limit is not None:
            return 0
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()

    def _fresh(self) -> _Decoder:
        if self._kind == "gzip":
            return _Gzip()
        if self._kind == "bzip2":
            return bz2.BZ2Decompressor()
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    def _some(self, count: int) -> bytes:
        """At least one byte, or b"" at the end (sets `fault` if that end came too early)."""
        while self._decoder is not None:
            if self._decoder.eof:
                self._next_member(self._decoder.unused_data)
                continue
            data = self._decoder.decompress(self._pending, count)
            self._pending = b""
            if data:
                return data
            if self._decoder.eof:
                continue
            self._pending = self._fetch()
            if not self._pending:
                self.fault = f"it is truncated: the {self._kind} data ends after {self._written:,} unpacked bytes"
                return b""
        return b""

    def _next_member(self, rest: bytes) -> None:
        """Go on with the next member of a concatenation; zero padding and foreign bytes behind it are ignored."""
        while not (rest := rest.lstrip(b"\0")) and (more := self._fetch()):
            rest = more
        if 0 < len(rest) < 6:
            rest += self._fetch()
        self._pending = rest
        self._decoder = self._fresh() if packing(rest) == self._kind else None

    def _fetch(self) -> bytes:
        data = self._raw.read(_IN)
        self._read += len(data)
        return data

    def _check_ratio(self) -> None:
        if self._written > RATIO_FREE and self._written > self._limits.ratio * self._read:
            self.limit = "ratio"
            self.fault = f"it unpacks to more than {self._limits.ratio} times its size, as a decompression bomb does"


class _Gzip:
    """zlib's decoder with the interface that bz2 and lzma share: the input it could not yet use stays inside."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._decoder.decompress(self._decoder.unconsumed_tail + data, max_length)
