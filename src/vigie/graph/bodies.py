"""Bodies: the objects as they were received, compressed in blocks and decoded one at a time when asked for."""

from typing import Any

import msgspec
import zstandard

_RAWS = msgspec.json.Decoder(list[msgspec.Raw])


class Bodies:
    """Compressed blocks of JSON arrays."""

    def __init__(self, level: int = 1) -> None:
        self._blocks: list[bytes] = []
        self._compress = zstandard.ZstdCompressor(level=level).compress
        self._open: tuple[int, list[msgspec.Raw]] = (-1, [])

    def add(self, array: bytes) -> int:
        """Keep one JSON array of objects; returns the block's number."""
        # A copy: the compressor's own buffer is as large as its input, and would be kept whole.
        self._blocks.append(bytes(memoryview(self._compress(array))))
        return len(self._blocks) - 1

    def raw(self, block: int, item: int) -> bytes:
        """The bytes of one object."""
        if self._open[0] != block:
            data = zstandard.ZstdDecompressor().decompress(self._blocks[block])
            self._open = (block, _RAWS.decode(data))
        return bytes(self._open[1][item])

    def body(self, block: int, item: int) -> dict[str, Any]:
        """One object, decoded."""
        body = msgspec.json.decode(self.raw(block, item))
        return body if isinstance(body, dict) else {}

    @property
    def size(self) -> int:
        return sum(map(len, self._blocks))
