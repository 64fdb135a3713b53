"""Bytes that arrive once and are read many times: in memory while small, in an unnamed temporary file when not."""

import io
import os
import tempfile
import weakref
from collections.abc import Callable
from typing import BinaryIO

IN_MEMORY = 1 << 20
BLOCK = 1 << 18


class Spool:
    """A written-once byte store whose `open()` gives an independent stream each time.

    The temporary file has no name and its descriptor is closed when the last stream and the spool are gone.
    """

    def __init__(self) -> None:
        self.size = 0
        self._memory = io.BytesIO()
        self._descriptor: int | None = None

    def write(self, data: bytes) -> None:
        """Append `data`; raises OSError when the disk is full."""
        if self._descriptor is None and self.size + len(data) > IN_MEMORY:
            self._to_disk()
        if self._descriptor is None:
            self._memory.write(data)
        else:
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]
        self.size += len(data)

    def fill(self, stream: BinaryIO, count: Callable[[int], None]) -> None:
        """Append all of `stream`, telling `count` of each block before it is kept."""
        while data := stream.read(BLOCK):
            count(len(data))
            self.write(data)

    def open(self) -> BinaryIO:
        """A fresh stream over what was written."""
        if self._descriptor is None:
            return io.BytesIO(self._memory.getvalue())
        return io.BufferedReader(_Window(self, self._descriptor, self.size), BLOCK)

    def head(self, count: int) -> bytes:
        """The first `count` bytes."""
        if self._descriptor is None:
            return bytes(self._memory.getbuffer()[:count])
        return os.pread(self._descriptor, count, 0)

    def _to_disk(self) -> None:
        with tempfile.TemporaryFile(prefix="vigie-", buffering=0) as file:
            self._descriptor = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._descriptor)
        view = memoryview(self._memory.getvalue())
        while view:
            view = view[os.write(self._descriptor, view) :]
        self._memory = io.BytesIO()


class _Window(io.RawIOBase):
    """A reading position of its own over a shared descriptor; keeps the spool alive."""

    def __init__(self, spool: Spool, descriptor: int, size: int) -> None:
        self._spool = spool
        self._descriptor = descriptor
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        data = os.pread(self._descriptor, len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at
