"""Cutting a YAML stream into documents, and a List document into its items, without parsing.

`---` and `...` at the start of a line are document marks wherever they stand (YAML 1.2, 9.1.2), so the cut is exact.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_UTF8_MARK = b"\xef\xbb\xbf"
_ITEMS = re.compile(rb"(?m)^items:[ \t]*(?:#[^\n]*)?\r?\n(?=(?:[ \t]*(?:#[^\n]*)?\r?\n)*( *)-[ \r\n])")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One document: its index among the stream's documents, the line it starts at (from 0), and its text."""

    index: int
    line: int
    text: bytes


def chunks(stream: BinaryIO) -> Iterator[Chunk]:
    """The documents of a stream, those without any content included where a `---` announces them."""
    lines: list[bytes] = []
    index = start = 0
    announced = content = False
    for number, raw in enumerate(stream):
        line = raw.removeprefix(_UTF8_MARK) if number == 0 else raw
        mark = line[:3] if line[3:4] in (b"", b" ", b"\t", b"\n", b"\r") else b""
        if mark == b"---":
            if announced or content:
                yield Chunk(index, start, b"".join(lines))
                index += 1
                lines, start = [], number
            elif not lines:
                start = number
            lines.append(line)
            announced, content = True, False
        elif mark == b"...":
            if announced or content:
                yield Chunk(index, start, b"".join(lines))
                index += 1
            lines, start = [], number + 1
            announced = content = False
        else:
            if not content:
                content = bool(line.strip()) and line.lstrip()[:1] != b"#" and (announced or line[:1] != b"%")
            lines.append(line)
    if content or announced:
        yield Chunk(index, start, b"".join(lines))


@dataclass(frozen=True, slots=True)
class Items:
    """A List document in parts: the text around its items, and each item as a one-item sequence with its line."""

    frame: bytes
    items: list[tuple[int, bytes]]


def items(text: bytes) -> Items | None:
    """The parts of a document whose top-level `items:` is a block sequence; None if it has none."""
    found = _ITEMS.search(text)
    if found is None:
        return None
    indent = len(found[1])
    dash = b"\n" + found[1] + b"-"
    at = text.find(dash, found.end() - 1) + 1
    end = _end(text, at, indent)
    pieces = []
    line = text.count(b"\n", 0, at)
    while at < end:
        following = _next(text, dash, at, end)
        pieces.append((line, text[at:following]))
        line += text.count(b"\n", at, following)
        at = following
    return Items(text[: found.start()] + b"items: null\n" + text[end:], pieces)


def _next(text: bytes, dash: bytes, at: int, end: int) -> int:
    """Where the item after the one at `at` starts, or `end`."""
    while (found := text.find(dash, at, end)) >= 0:
        if text[found + len(dash) : found + len(dash) + 1] in (b" ", b"\n", b"\r", b""):
            return found + 1
        at = found + 1
    return end


def _end(text: bytes, at: int, indent: int) -> int:
    """Where the sequence that starts at `at` ends: at the next line that is a key of the document itself."""
    key = re.compile(rb"(?m)^[^\s#-]" if indent == 0 else rb"(?m)^[^\s#]")
    found = key.search(text, at)
    return found.start() if found else len(text)
