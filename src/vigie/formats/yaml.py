"""YAML as Kubernetes reads it, one document at a time, each handed on as compact JSON.

Syntax only. Scalars become what kubectl's decoder makes of them where that is a number, a boolean spelled true or
false, or null; the words of YAML 1.1 that surprise people (yes, no, on, off, 0644, 12:30, dates) stay strings.
libyaml does the parsing; values are built from its events with a stack of our own, so nesting costs no recursion,
and pods come out at about a tenth of the time that PyYAML's loaders need.
"""

import base64
import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec
import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.events import AliasEvent, CollectionEndEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent

from vigie.formats.yaml_split import Chunk, chunks, items
from vigie.model.evidence import Gap

_DEPTH = 200
_EXPANDED = 8 << 20  # bytes of JSON that aliases may add to one document
_NODE = 8  # bytes that a node costs beside its text
_TAG = "tag:yaml.org,2002:"
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*|0x[0-9A-Fa-f_]+)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_OCTAL = re.compile(r"[-+]?0[0-9_]+", re.ASCII)
_TAB = re.compile(rb" *\t")
_MAY_RESOLVE = frozenset("0123456789+-.~nNtTfF")
_encode = msgspec.json.Encoder().encode


class _BrokenError(Exception):
    """A document that cannot be read; `line` counts from 0 in what was parsed."""

    def __init__(self, what: str, line: int, how: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.line = line
        self.how = how


def documents(data: bytes | BinaryIO, origin: str) -> Iterator[tuple[int, bytes] | Gap]:
    """Every document of a YAML stream as (its index from 0, compact JSON); what is broken becomes a Gap with its line.

    Documents are split before they are parsed, and so are the items of a List, so a broken one costs only itself.
    Empty documents are counted but not yielded. Of duplicate keys the last wins and a Gap names the key.
    """
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    for chunk in chunks(stream):
        yield from _document(chunk, origin)


def _document(chunk: Chunk, origin: str) -> Iterator[tuple[int, bytes] | Gap]:
    text = chunk.text
    if text.lstrip()[:1] == b"{":
        try:
            yield chunk.index, _encode(msgspec.json.decode(text))
            return
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # a flow mapping of YAML's own, or broken: the parser below knows
    try:
        in_pieces = _as_list(chunk, origin)
        if in_pieces is None:
            builder = _Builder(text)
            value = builder.value()
            yield from (_gap(origin, chunk.line, *notice) for notice in builder.notices)
            if value is not None:
                yield chunk.index, _encode(value)
            return
        yield from in_pieces
    except _BrokenError as broken:
        yield _gap(origin, chunk.line, *_told(broken, text))


def _as_list(chunk: Chunk, origin: str) -> list[tuple[int, bytes] | Gap] | None:
    """A List parsed item by item, a broken item as null so that the others keep their index; None if it is no List.

    Raises _BrokenError if there is no good item at all.
    """
    parts = items(chunk.text)
    if parts is None:
        return None
    found: list[bytes] = []
    gaps: list[Gap] = []
    broken: _BrokenError | None = None
    expansion = _Expansion()
    for at, piece in parts.items:
        builder = _Builder(piece, expansion)
        try:
            found.append(_encode(builder.only_item()))
            gaps.extend(_gap(origin, chunk.line + at, *notice) for notice in builder.notices)
        except _BrokenError as error:
            what, line, how = _told(error, piece)
            gaps.append(_gap(origin, chunk.line + at, what, line, how))
            broken = _BrokenError(what, at + line, how)
            found.append(b"null")
    if broken is not None:
        try:
            # Aliases may cross items, and a quoted text may look like an item's start: then only the whole is good.
            builder = _Builder(chunk.text)
            whole = _encode(builder.value())
            return [*(_gap(origin, chunk.line, *notice) for notice in builder.notices), (chunk.index, whole)]
        except _BrokenError:
            if len(found) == found.count(b"null"):
                raise broken from None
    rest = _Builder(parts.frame)
    head = rest.value()
    gaps.extend(_gap(origin, chunk.line, *notice) for notice in rest.notices)
    if not isinstance(head, dict):
        raise _BrokenError("it is not a list of objects", 0)
    head.pop("items", None)
    frame = _encode(head)[:-1] + (b"," if head else b"")
    return [*gaps, (chunk.index, frame + b'"items":[' + b",".join(found) + b"]}")]


def _gap(origin: str, first: int, what: str, line: int, how: str = "") -> Gap:
    return Gap(f"{origin}:{first + line + 1}", what, how=how)


def _told(broken: _BrokenError, text: bytes) -> tuple[str, int, str]:
    if b"{{" in text and not broken.how:
        what = "this is a Helm template, not a manifest"
        return what, broken.line, "render it with `helm template` and give the output"
    return broken.what, broken.line, broken.how


class _Expansion:
    """How many bytes the aliases of one document have added so far."""

    __slots__ = ("bytes",)

    def __init__(self) -> None:
        self.bytes = 0


class _Frame:
    """A collection that is being built: its value, the key that waits for a value, and what it weighs so far."""

    __slots__ = ("anchor", "key", "list", "map", "merges", "waiting", "weight")

    def __init__(self, mapping: bool, anchor: str | None) -> None:
        self.map: dict[str, Any] | None = {} if mapping else None
        self.list: list[Any] | None = None if mapping else []
        self.anchor = anchor
        self.key = ""
        self.waiting = False
        self.merges: list[Any] | None = None
        self.weight = _NODE


class _Builder:
    """Builds the value of one document from libyaml's events. `notices` are (what, line) of what was odd."""

    def __init__(self, text: bytes, expansion: "_Expansion | None" = None) -> None:
        self._text = text
        self.notices: list[tuple[str, int]] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._open: set[str] = set()
        self._expansion = expansion or _Expansion()
        self._root: Any = None

    def value(self) -> Any:
        """The document's value, None if it is empty; raises _BrokenError."""
        try:
            self._run(CParser(self._text))
        except yaml.reader.ReaderError as error:
            line = self._text[: error.position].count(b"\n")
            raise _BrokenError(f"it is not YAML text ({_reason(error.reason)})", line) from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            # libyaml notices at the start of the next line what the last one lacks.
            line = min(mark.line if mark else 0, max(0, self._text.rstrip().count(b"\n")))
            raise _BrokenError(_problem(error, self._text, line), line) from None
        except (UnicodeDecodeError, ValueError) as error:
            raise _BrokenError(f"it is not YAML text ({_reason(str(error))})", 0) from None
        return self._root

    def only_item(self) -> Any:
        """The one item of a sequence; raises _BrokenError for anything else, as where a lone CR ends a line."""
        value = self.value()
        if not isinstance(value, list) or len(value) != 1:
            raise _BrokenError("it is not one item of a list", 0)
        return value[0]

    def _run(self, parser: Any) -> None:
        stack: list[_Frame] = []
        get = parser.get_event
        while (event := get()) is not None:
            kind = type(event)
            if kind is ScalarEvent:
                frame = stack[-1] if stack else None
                if frame is not None and frame.map is not None and not frame.waiting:
                    self._key(frame, event.value, event)
                    continue
                value = _scalar(event)
                weight = _NODE + len(event.value)
                if event.anchor:
                    self._anchors[event.anchor] = (value, weight)
                self._put(stack, value, weight, event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if len(stack) >= _DEPTH:
                    raise _BrokenError(f"it is nested more than {_DEPTH} levels deep", event.start_mark.line)
                if event.anchor:
                    self._open.add(event.anchor)
                stack.append(_Frame(kind is MappingStartEvent, event.anchor))
            elif isinstance(event, CollectionEndEvent):
                self._close(stack, event)
            elif kind is AliasEvent:
                self._alias(stack, event)

    def _key(self, frame: _Frame, key: str, event: Any) -> None:
        assert frame.map is not None
        if key in frame.map and not (key == "<<" and event.implicit[0]):
            self.notices.append((f"the key {key!r} is there twice; the last one is used", event.start_mark.line))
        frame.key = "<<" if key == "<<" and event.implicit[0] else key
        frame.waiting = True
        frame.weight += _NODE + len(key)
        if key == "<<" and event.implicit[0] and frame.merges is None:
            frame.merges = []
        if event.anchor:
            self._anchors[event.anchor] = (key, _NODE + len(key))

    def _put(self, stack: list[_Frame], value: Any, weight: int, event: Any) -> None:
        if not stack:
            self._root = value
            return
        frame = stack[-1]
        frame.weight += weight
        if frame.list is not None:
            frame.list.append(value)
        elif frame.map is not None and frame.waiting:
            frame.waiting = False
            if frame.merges is not None and frame.key == "<<":
                frame.merges.extend(value if isinstance(value, list) else [value])
            else:
                frame.map[frame.key] = value
        elif isinstance(value, (dict, list)):
            self._collection_as_key(frame, value, event)
        else:
            self._key(frame, _key_text(value), event)

    def _collection_as_key(self, frame: _Frame, value: Any, event: Any) -> None:
        if b"{{" in self._text:
            raise _BrokenError("a mapping is used as a key", event.start_mark.line)
        assert frame.map is not None
        frame.key = _encode(value).decode()
        frame.waiting = True
        self.notices.append(("a collection is used as a key; its JSON text is used", event.start_mark.line))

    def _close(self, stack: list[_Frame], event: Any) -> None:
        frame = stack.pop()
        value: Any = frame.list if frame.map is None else _merged(frame)
        if frame.anchor:
            self._open.discard(frame.anchor)
            self._anchors[frame.anchor] = (value, frame.weight)
        self._put(stack, value, frame.weight, event)

    def _alias(self, stack: list[_Frame], event: Any) -> None:
        line = event.start_mark.line
        if event.anchor in self._open:
            raise _BrokenError(f"the alias *{event.anchor} refers to itself", line)
        if event.anchor not in self._anchors:
            raise _BrokenError(f"the alias *{event.anchor} refers to nothing", line)
        value, weight = self._anchors[event.anchor]
        self._expansion.bytes += weight
        if self._expansion.bytes > _EXPANDED:
            raise _BrokenError(f"its aliases expand to more than {_EXPANDED:,} bytes", line, "write it without aliases")
        frame = stack[-1] if stack else None
        if frame is not None and frame.map is not None and not frame.waiting and not isinstance(value, (dict, list)):
            frame.key, frame.waiting = _key_text(value), True
            return
        self._put(stack, value, weight, event)


def _merged(frame: _Frame) -> dict[str, Any]:
    """The mapping with its `<<` merged in: own keys first, then earlier merges before later ones."""
    assert frame.map is not None
    for other in frame.merges or ():
        if isinstance(other, dict):
            for key, value in other.items():
                frame.map.setdefault(key, value)
    return frame.map


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.implicit[0]:
        return _plain(text)
    tag: str | None = event.tag
    if tag is None or not tag.startswith(_TAG):
        return text if event.style else _plain(text) if tag not in (None, "!") else text
    tag = tag[len(_TAG) :]
    if tag in ("int", "float", "bool", "null"):
        return _plain(text)
    if tag == "binary":
        return _binary(text)
    return text


def _plain(text: str) -> Any:
    """What an unquoted scalar means: null, true, false, an integer, a finite float, else the text itself."""
    if text and text[0] not in _MAY_RESOLVE:
        return text
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _INTEGER.fullmatch(text):
        number = int(text.replace("_", ""), 16 if "x" in text else 10)
        return number if -(1 << 63) <= number < 1 << 64 else text
    if _FLOAT.fullmatch(text) and not _OCTAL.fullmatch(text):
        real = float(text)
        return real if abs(real) != float("inf") else text
    return text


def _binary(text: str) -> str:
    """The text behind !!binary; bytes that are no text stay base64."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8")
    except ValueError:
        return text


def _key_text(value: Any) -> str:
    return value if isinstance(value, str) else _encode(value).decode()


def _problem(error: yaml.MarkedYAMLError, text: bytes, line: int) -> str:
    lines = text.split(b"\n", line + 1)
    if line < len(lines) and _TAB.match(lines[line]):
        return "a tab is used for indentation, where YAML wants spaces"
    return f"it is not valid YAML ({_reason(error.problem or error.context or 'no reason is given')})"


def _reason(text: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
