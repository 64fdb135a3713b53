"""Reading: evidence is recognised, decoded block by block, and given to the builder; no object outlives its block."""

import gc
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any, BinaryIO

import msgspec
import numpy as np

from vigie.formats import json as jsonformat
from vigie.graph.build import ITEM, Builder
from vigie.graph.decode import Decoder, decode_one
from vigie.graph.logs import LogKey, outside, split_logs
from vigie.graph.schema import Schema
from vigie.model.document import Document
from vigie.model.evidence import Evidence, Gap, Listed
from vigie.model.kind import Key

Redact = Callable[[dict[str, Any]], dict[str, Any]]
Documents = Callable[[BinaryIO, str], Iterable[tuple[int, bytes] | Gap]]

_COMPRESSED = re.compile(r"\.(gz|bz2|xz)$")
_SAID = attrgetter("f_apiVersion", "f_kind")
_SPACE = attrgetter("f_metadata.f_namespace")
_MANY = msgspec.json.Decoder(list[msgspec.Raw])


class Decoded:
    """The items of one block, by kind: `groups` holds (key, objects, array, indices)."""

    __slots__ = ("groups", "lost", "number", "wrong")

    def __init__(self) -> None:
        self.groups: list[tuple[Key, Sequence[Any], bytes, Sequence[int]]] = []
        self.number = 0
        self.lost: list[int] = []
        self.wrong: list[tuple[int, str]] = []


class Reader:
    """Feeds a builder. `guarded` maps kinds whose objects must be redacted before anything keeps them to how."""

    def __init__(self, builder: Builder, schema: Schema, documents: Documents, guarded: dict[Key, Redact]) -> None:
        self.builder = builder
        self.schema = schema
        self._yaml = documents
        self._guarded = guarded
        self.read = 0

    def take(self, found: Iterable[Evidence | Gap]) -> None:
        """Read everything that a source yields; what cannot be read becomes a gap."""
        with paused():
            for item in found:
                if isinstance(item, Gap):
                    self.builder.gaps.append(item)
                    continue
                try:
                    self._document(item)
                except (OSError, EOFError, msgspec.DecodeError) as error:
                    self._gap(item.origin, f"cannot be read: {error}")

    def _gap(self, origin: str, what: str, listed: Listed | None = None, how: str = "") -> None:
        self.builder.gaps.append(Gap(origin, what, listed, how))

    def _recognise(self, origin: str) -> tuple[Document, dict[str, str]] | None:
        path = _COMPRESSED.sub("", origin)
        for document in self.schema.documents:
            hit = document.pattern.search(path)
            if hit:
                return document, {name: value for name, value in hit.groupdict().items() if value}
        return None

    def _document(self, evidence: Evidence) -> None:
        known = self._recognise(evidence.origin)
        if evidence.time:
            self.builder.newest = max(self.builder.newest, evidence.time)
        with evidence.open() as stream:
            if known is not None:
                document, said = known
                if document.means == "ignore":
                    return
                if document.means == "log":
                    self._log(evidence, document, said, stream)
                    return
                if document.means == "errors":
                    self._errors(evidence, document, said, stream)
                    return
            if evidence.media == "log":
                return
            self._objects(evidence, known, stream)

    def _log(self, evidence: Evidence, document: Document, said: dict[str, str], stream: BinaryIO) -> None:
        if document.split is not None:
            self._logs(evidence, document, said, stream)
            return
        key = LogKey(said.get("namespace", ""), said["pod"], said["container"], document.previous)
        attempt = said.get("attempt", "")
        self.builder.logs.add(key, evidence.origin, stream, int(attempt) if attempt.isdigit() else None)
        self.read += 1

    def _logs(self, evidence: Evidence, document: Document, said: dict[str, str], stream: BinaryIO) -> None:
        """A file of several logs: lines that say whose log follows, or that say it of themselves."""
        assert document.split is not None
        for key, first, text in split_logs(stream, document.split, said.get("namespace", "")):
            self.builder.logs.add(key, evidence.origin, io.BytesIO(text), None, first)
            self.read += 1

    def _trailing(self, evidence: Evidence, data: bytes) -> None:
        for document in self.schema.documents:
            if document.split is not None and document.split.search(data[:4096].decode("utf-8", "replace")):
                self._logs(evidence, document, {}, io.BytesIO(data))
                rest = outside(data, document.split)
                if rest.startswith((b"{", b"[")):
                    self._json(evidence, None, io.BytesIO(rest), "")
                return
        self._gap(evidence.origin, "text follows the last JSON document and is left out")

    def _errors(self, evidence: Evidence, document: Document, said: dict[str, str], stream: BinaryIO) -> None:
        try:
            errors = msgspec.json.decode(stream.read())
        except msgspec.DecodeError:
            errors = None
        if isinstance(errors, dict):
            for namespace, text in errors.items():
                self._gap(
                    evidence.origin, f"could not be collected: {text}", self._listed(document, {"namespace": namespace})
                )
            return
        words = errors if isinstance(errors, list) else [errors] if errors else []
        if words:
            what = "; ".join(str(word) for word in words[:3])
            self._gap(evidence.origin, f"could not be collected: {what}", self._listed(document, said))

    def _listed(self, document: Document, said: dict[str, str]) -> Listed | None:
        if not document.kind:
            return None
        key = self.schema.resolve(document.kind)
        return Listed(key.group, key.kind, said.get("namespace"))

    def _objects(self, evidence: Evidence, known: tuple[Document, dict[str, str]] | None, stream: BinaryIO) -> None:
        assumed = self._listed(*known) if known else None
        if evidence.listed is not None:
            assumed = evidence.listed
        if evidence.media == "yaml":
            for found in self._yaml(stream, evidence.origin):
                if isinstance(found, Gap):
                    self.builder.gaps.append(found)
                    continue
                number, data = found
                self._json(evidence, assumed, io.BytesIO(data), f"#doc={number}")
            return
        if not evidence.media and not known:
            start = stream.read(256)
            if not start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
                self.builder.ignored.append(evidence.origin)
                return
            stream = evidence.open()
        self._json(evidence, assumed, stream, "")

    def _json(self, evidence: Evidence, assumed: Listed | None, stream: BinaryIO, document: str) -> None:
        decode = _BlockDecoder(self, Key(assumed.group, assumed.kind) if assumed else None)
        origin: dict[str, int] = {}
        kinds: dict[Key, set[str | None]] = {}
        for block in jsonformat.blocks(stream, decode):
            if isinstance(block, jsonformat.Broken):
                self._gap(evidence.origin + document, f"item {block.index} is not JSON: {block.why}")
                continue
            if isinstance(block, jsonformat.Trailing):
                self._trailing(evidence, block.data)
                continue
            if block.shape not in origin:
                origin[block.shape] = self.builder.origin(_origin(evidence.origin, document, block.shape))
            self._block(block, origin[block.shape], evidence, document, kinds)
            if block.shape in ("list", "array"):
                self._cover(block.head, assumed, kinds)

    def _block(
        self,
        block: jsonformat.Block[Decoded],
        origin: int,
        evidence: Evidence,
        document: str,
        kinds: dict[Key, set[str | None]],
    ) -> None:
        if block.items.lost and not block.items.groups:
            self.builder.ignored.append(evidence.origin + document)
            return
        for index in block.items.lost:
            self._gap(evidence.origin + document, f"item {block.first + index} says no kind, or is no object")
        for index, path in block.items.wrong:
            self._gap(
                evidence.origin + document, f"item {block.first + index}: {path} has a wrong type and is left out"
            )
        for key, objects, array, indices in block.items.groups:
            kind, decoder = self.schema.decoder(key)
            pointers = np.full(len(objects), -1, np.int32)
            if block.shape != "object":
                pointers = np.asarray(indices, np.int32) + block.first + evidence.first
            self.builder.add(self.builder.kind(key, kind, decoder), objects, array, origin, pointers)
            self.read += len(objects)
            kinds.setdefault(key, set()).update(map(_SPACE, objects))

    def _cover(self, head: jsonformat.Head, assumed: Listed | None, kinds: dict[Key, set[str | None]]) -> None:
        """What a List proves to be complete: its kind, in the namespaces that it speaks of."""
        if assumed is not None:
            key = self.schema.canonical(Key(assumed.group, assumed.kind))
            spaces = kinds.get(key, set()) - {None}
            if assumed.namespace is None or not spaces or spaces == {assumed.namespace}:
                self.builder.listed.add(assumed)
                return
        own = self._list_kind(head)
        for key in {own} if own else set(kinds):
            spaces = kinds.get(key, set())
            if len(spaces) > 1 or not self.schema.namespaced(key):
                self.builder.listed.add(Listed(key.group, key.kind, None))
            else:
                self.builder.listed.update(Listed(key.group, key.kind, space) for space in spaces)

    def _list_kind(self, head: jsonformat.Head) -> Key | None:
        """The kind of the items of a typed List (`PodList`)."""
        if not head.kind or head.kind == "List" or not head.kind.endswith("List"):
            return None
        return self.schema.canonical(Key.of(head.api or "", head.kind.removesuffix("List")))

    def guard(self, key: Key, array: bytes) -> bytes:
        """The array with each object redacted, where its kind must be."""
        redact = self._guarded.get(key)
        if redact is None:
            return array
        return msgspec.json.encode([redact(item) for item in msgspec.json.decode(array) if isinstance(item, dict)])


def _origin(origin: str, document: str, shape: jsonformat.Shape) -> str:
    """The template of the pointers into one document."""
    match shape:
        case "array":
            return f"{origin}{document}/{ITEM}" if document else f"{origin}#/{ITEM}"
        case "list" if document:
            return f"{origin}{document}/items/{ITEM}"
        case "documents":
            return f"{origin}#doc={ITEM}"
        case _:
            return origin + document


class _BlockDecoder:
    """Decodes arrays of items, on the guess that all are of the kind that the head or the last item said."""

    def __init__(self, reader: Reader, assumed: Key | None) -> None:
        self._reader = reader
        self._schema = reader.schema
        self._assumed = self._schema.canonical(assumed) if assumed else None
        self._last: Key | None = None

    def __call__(self, array: bytes, head: jsonformat.Head) -> tuple[Decoded, int]:
        out = Decoded()
        own = self._assumed or self._reader._list_kind(head)
        guess = own or self._last
        if guess is not None and guess not in self._reader._guarded:
            _, decoder = self._schema.decoder(guess)
            try:
                objects = decoder.many.decode(array)
            except msgspec.ValidationError:
                objects = None
            if objects is not None and self._alike(objects, guess, own):
                out.groups.append((guess, objects, array, range(len(objects))))
                out.number = len(objects)
                return out, len(objects)
        self._each(array, own, out)
        return out, out.number

    def _alike(self, objects: Sequence[Any], guess: Key, own: Key | None) -> bool:
        """Whether all objects are of the guessed kind; those of a typed List need not say so."""
        for api, kind in set(map(_SAID, objects)):
            if kind is None and own is None:
                return False
            if kind is not None and self._schema.canonical(Key.of(api or guess.group, kind)) != guess:
                return False
        return True

    def _each(self, array: bytes, own: Key | None, out: Decoded) -> None:
        """Item by item: kinds mixed, a wrong type somewhere, or objects to be guarded."""
        raws = _MANY.decode(array)
        out.number = len(raws)
        by_kind: dict[Key, list[tuple[int, bytes]]] = {}
        for index, raw in enumerate(map(bytes, raws)):
            if raw == b"null":
                continue  # keeps the place of an item that could not be read, of which the source has told
            key = self._key(raw, own)
            if key is None:
                out.lost.append(index)
            else:
                by_kind.setdefault(key, []).append((index, raw))
                self._last = key
        for key, items in by_kind.items():
            self._group(key, items, out)

    def _key(self, raw: bytes, own: Key | None) -> Key | None:
        try:
            head = msgspec.json.decode(raw, type=jsonformat.Head)
        except msgspec.ValidationError:
            return own if raw.lstrip().startswith(b"{") else None
        if head.kind and head.kind.endswith("List") and own is None:
            return None
        if head.kind:
            return self._schema.canonical(Key.of(head.api or (own.group if own else ""), head.kind))
        return own

    def _group(self, key: Key, items: list[tuple[int, bytes]], out: Decoded) -> None:
        _, decoder = self._schema.decoder(key)
        array = self._reader.guard(key, b"[" + b",".join(raw for _, raw in items) + b"]")
        try:
            out.groups.append((key, decoder.many.decode(array), array, [index for index, _ in items]))
            return
        except msgspec.ValidationError:
            pass
        self._lenient(key, decoder, items, out)

    def _lenient(self, key: Key, decoder: Decoder, items: list[tuple[int, bytes]], out: Decoded) -> None:
        kept: list[tuple[int, bytes, Any]] = []
        for index, raw in items:
            try:
                guarded = self._reader.guard(key, b"[" + raw + b"]")[1:-1]
                value, wrong = decode_one(decoder, guarded)
            except msgspec.DecodeError:
                out.lost.append(index)
                continue
            out.wrong += [(index, path) for path in wrong]
            kept.append((index, guarded, value))
        if kept:
            array = b"[" + b",".join(raw for _, raw, _ in kept) + b"]"
            out.groups.append((key, [value for _, _, value in kept], array, [index for index, _, _ in kept]))


@contextmanager
def paused() -> Iterator[None]:
    """No garbage collection while blocks are decoded: they hold no cycles, and each pass would walk them all."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
