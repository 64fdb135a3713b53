"""One member of an archive, as every archive reader yields it."""

import io
from dataclasses import dataclass
from typing import BinaryIO, Literal

MemberKind = Literal["file", "directory", "symlink", "hardlink", "device", "sparse", "encrypted"]


class DamageError(Exception):
    """The archive, or the rest of it, cannot be read; the text says why, as a sentence about "it"."""


class Part(io.RawIOBase):
    """The next `size` bytes of a stream; a shorter stream ends it early, and `missing` then tells by how much."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._left = size
        self.size = size
        self.ended = False

    @property
    def missing(self) -> int:
        """How many bytes the stream failed to give."""
        return self._left if self.ended else 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        if self._left == 0:
            return 0
        data = self._stream.read(min(len(buffer), self._left))
        self.ended = not data
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def skip(self) -> None:
        """Read what is left and drop it; raises DamageError if the stream ends before."""
        while self._left and not self.ended:
            data = self._stream.read(min(1 << 18, self._left))
            self._left -= len(data)
            self.ended = not data
        if self.missing:
            raise DamageError(f"it is truncated {self.missing:,} bytes before the end of a member")


@dataclass(frozen=True, slots=True)
class Member:
    """A member's name as the archive spells it, what it is, its declared size, its bytes and, of a link, its target.

    `packed` is its packed size where the archive compresses each member by itself.
    """

    name: str
    kind: MemberKind
    size: int
    stream: Part | BinaryIO | None = None
    target: str = ""
    packed: int | None = None
