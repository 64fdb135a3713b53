"""JSON, streamed: a List of any size is cut into blocks of whole items, and no item outlives its block.

An item's end cannot be known without parsing, and a parser in Python would cost more than everything else. So the
bytes that separate the first two items are learned, a block is cut at their last occurrence, and the caller's decode
proves the guess: a cut inside a string or a nested list does not decode, and the next one is tried.
"""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Generic, Literal, TypeVar

import msgspec

T = TypeVar("T")
Shape = Literal["list", "array", "object", "documents"]

BLOCK = 1 << 21
_GUESSES = 16
_BATCH = 512
_ITEMS = re.compile(rb'"items"\s*:\s*\[')
_NONE = re.compile(rb'"items"\s*:\s*null')
_FIRST = re.compile(rb'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:')
_BLANK = re.compile(rb"[\s,]*")
_END = re.compile(r"trailing characters \(byte (\d+)\)")


class Head(msgspec.Struct):
    """What a document says of itself."""

    api: str | None = msgspec.field(name="apiVersion", default=None)
    kind: str | None = None


@dataclass(slots=True)
class Block(Generic[T]):
    """Consecutive items of a document.

    `data` is a JSON array of them, `items` what the caller's decode made of it, `first` the index of the first item.
    `shape` says where they stood: at `/items` of a List, in a bare array, as the one object of a document, or as
    documents one after the other.
    """

    data: bytes
    items: T
    first: int
    head: Head
    shape: Shape


@dataclass(frozen=True, slots=True)
class Broken:
    """A stretch of a document that is not JSON: where, and why; what follows it is still read."""

    index: int
    why: str


@dataclass(frozen=True, slots=True)
class Trailing:
    """Text that follows the last JSON document, as `kubectl cluster-info dump` prints logs."""

    data: bytes


Decode = Callable[[bytes, Head], tuple[T, int]]
Found = Iterator[Block[T] | Broken | Trailing]


def blocks(stream: BinaryIO, decode: Decode[T], size: int = BLOCK) -> Found[T]:
    """Read one document, or several one after the other.

    `decode` gets a JSON array of items and the document's head, and returns what it made of them and their number;
    it raises msgspec.DecodeError for an array that is not JSON. Yields `Broken` for what cannot be read.
    """
    buffer = stream.read(size)
    if buffer.startswith(b"\xef\xbb\xbf"):
        buffer = buffer[3:]
    start = buffer.lstrip()
    if start.startswith(b"["):
        yield from _array(stream, start[1:], decode, Head(), "array", size)
        return
    for match in _ITEMS.finditer(buffer):
        try:
            head = msgspec.json.decode(buffer[: match.end()] + b"]}", type=Head)
        except msgspec.DecodeError:
            continue
        yield from _array(stream, buffer[match.end() :], decode, head, "list", size)
        return
    yield from _documents(buffer + stream.read(), decode)


def _documents(data: bytes, decode: Decode[T]) -> Found[T]:
    """Whole objects one after the other: one, many lines of them, or Lists that start anew."""
    at = _skip(data, 0)
    index = 0
    batch: list[bytes] = []
    while at < len(data):
        try:
            end = _end(data, at)
        except msgspec.DecodeError as error:
            yield from _batch(batch, index - len(batch), decode, index > 1)
            text = data[at:]
            yield Trailing(text) if index and not text.startswith((b"{", b"[")) else Broken(index, str(error))
            return
        raw = data[at:end]
        at = _skip(data, end)
        if _ITEMS.search(raw) or _NONE.search(raw):
            yield from _batch(batch, index - len(batch), decode, True)
            batch = []
            yield from _list(raw, decode)
        else:
            batch.append(raw)
        index += 1
        if len(batch) == _BATCH:
            yield from _batch(batch, index - len(batch), decode, True)
            batch = []
    yield from _batch(batch, index - len(batch), decode, index > 1)


def _batch(batch: list[bytes], first: int, decode: Decode[T], several: bool) -> Found[T]:
    if not batch:
        return
    array = b"[" + b",".join(batch) + b"]"
    try:
        items, _ = decode(array, Head())
    except msgspec.DecodeError as error:
        yield Broken(first, str(error))
        return
    yield Block(array, items, first, Head(), "documents" if several else "object")


def _list(raw: bytes, decode: Decode[T]) -> Found[T]:
    """One document that may be a List: read as one if its items are at its top, else as an object."""
    try:
        whole = msgspec.json.decode(raw, type=_Listed)
    except msgspec.ValidationError:
        whole = _Listed()
    head = Head(whole.api, whole.kind)
    if whole.kind is None or not whole.kind.endswith("List"):
        yield from _batch([raw], 0, decode, False)
        return
    array = bytes(whole.items) if bytes(whole.items).startswith(b"[") else b"[]"
    try:
        items, _ = decode(array, head)
    except msgspec.DecodeError as error:
        yield Broken(0, str(error))
        return
    yield Block(array, items, 0, head, "list")


class _Listed(Head):
    items: msgspec.Raw = msgspec.Raw()


def _skip(data: bytes, at: int) -> int:
    found = _BLANK.match(data, at)
    return found.end() if found else at


def _end(data: bytes, at: int) -> int:
    """Where the JSON value that starts at `at` ends. Raises msgspec.DecodeError when there is none."""
    try:
        msgspec.json.decode(memoryview(data)[at:], type=msgspec.Raw)
        return len(data)
    except msgspec.DecodeError as error:
        end = _END.search(str(error))
        if end is None:
            raise
        return at + int(end[1]) - 1  # the decoder counts the byte that it stopped at


def _array(stream: BinaryIO, buffer: bytes, decode: Decode[T], head: Head, shape: Shape, size: int) -> Found[T]:
    """The items of an array whose opening bracket has been read."""
    first = 0
    prefix = _FIRST.match(buffer)
    separator = b"}," + prefix[0] if prefix else b"},"
    while True:
        more = stream.read(size)
        if not more:
            break
        buffer += more
        cut = len(buffer)
        for _ in range(_GUESSES):
            cut = buffer.rfind(separator, 0, cut)
            if cut < 0:
                break
            array = b"[" + buffer[: cut + 1] + b"]"
            try:
                items, count = decode(array, head)
            except msgspec.DecodeError:
                continue
            yield Block(array, items, first, head, shape)
            first += count
            buffer = buffer[cut + 2 :]
            break
    yield from _tail(buffer, decode, head, shape, first)


def _tail(buffer: bytes, decode: Decode[T], head: Head, shape: Shape, first: int) -> Found[T]:
    """The last items, up to the closing bracket; the document's own last fields follow it."""
    cut = len(buffer)
    for _ in range(_GUESSES):
        cut = buffer.rfind(b"]", 0, cut)
        if cut < 0:
            break
        array = b"[" + buffer[: cut + 1]
        try:
            if shape == "list":
                head = _late_head(buffer[cut + 1 :], head)
            elif buffer[cut + 1 :].strip():
                break
            items, count = decode(array, head)
        except msgspec.DecodeError:
            continue
        if count or not first:
            yield Block(array, items, first, head, shape)
        return
    yield from _salvage(buffer, decode, head, shape, first)


def _late_head(rest: bytes, head: Head) -> Head:
    """kubectl prints `kind` after the items: the fields that follow complete the head."""
    late = msgspec.json.decode(b'{"":0' + rest, type=Head)
    return Head(head.api or late.api, head.kind or late.kind)


def _salvage(buffer: bytes, decode: Decode[T], head: Head, shape: Shape, first: int) -> Found[T]:
    """Item by item, past what is broken, to the next place that looks like an item's start; then what follows."""
    prefix = _FIRST.match(buffer)
    opening = prefix[0].lstrip() if prefix else b"{"
    at = _skip(buffer, 0)
    while at < len(buffer) and buffer[at : at + 1] != b"]":
        count = 1
        try:
            end = _end(buffer, at)
            array = b"[" + buffer[at:end] + b"]"
            items, count = decode(array, head)
            yield Block(array, items, first, head, shape)
            at = end
        except msgspec.DecodeError as error:
            yield Broken(first, str(error))
            again = buffer.find(opening, at + 1)
            at = again if again > 0 else len(buffer)
        first += count
        at = _skip(buffer, at)
    if at < len(buffer):
        yield from _after(buffer[at + 1 :], decode, shape)


def _after(rest: bytes, decode: Decode[T], shape: Shape) -> Found[T]:
    """What follows the array: the end of its document, and perhaps more documents."""
    if shape == "list":
        lead = b'{"":0'
        try:
            end = _end(lead + rest, 0) - len(lead)
        except msgspec.DecodeError:
            return
        rest = rest[end:]
    rest = rest.lstrip()
    if rest.startswith((b"{", b"[")):
        yield from blocks(io.BytesIO(rest), decode)
    elif rest:
        yield Trailing(rest)
