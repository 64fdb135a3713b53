"""From a declared kind to a typed decoder and the columns that it fills.

The paths of all fields, rows and references of a kind are merged into one tree, and the tree becomes nested msgspec
Structs: the decoder materialises what was declared and skips everything else, managedFields included. Columns are
then taken with `attrgetter` over whole blocks.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from vigie.model.errors import DeclarationError
from vigie.model.kind import Form, Kind, Rows, Selector, alternatives, steps

LEAVES: dict[Form, Any] = {
    "text": str | None,
    "number": float | None,
    "flag": bool | None,
    "time": str | None,
    "mapping": msgspec.Raw,
    "any": msgspec.Raw,
}
_EMPTY_RAW = msgspec.Raw()


@dataclass(slots=True)
class Node:
    """One step of the merged paths: a leaf with a form, an object with fields, or a list of such."""

    form: Form | None = None
    children: dict[str, "Node"] = field(default_factory=dict)
    many: bool = False


def attribute(name: str) -> str:
    """The Struct attribute of a JSON key; a prefix keeps keywords and odd keys apart from Python's names."""
    return "f_" + re.sub(r"\W", "_", name)


class Tree:
    """The merged paths of one kind."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root = Node()

    def add(self, path: str, form: Form) -> None:
        """Merge one path; raises DeclarationError when one path is used as a value and as an object."""
        node = self.root
        for step in steps(path):
            if step == "[]":
                node.many = True
                continue
            if node.form is not None:
                raise DeclarationError(f"{self.name}: {path!r} goes into {node.form} declared above it")
            node = node.children.setdefault(step, Node())
        if node.children or node.form not in (None, form):
            raise DeclarationError(f"{self.name}: {path!r} is declared twice, as {node.form or 'object'} and as {form}")
        node.form = form

    def struct(self) -> type[msgspec.Struct]:
        made = _struct(self.name, self.root)
        assert isinstance(made, type)
        return made


def _struct(name: str, node: Node) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any, Any]] = []
    rename: dict[str, str] = {}
    for key, child in node.children.items():
        attr = attribute(key)
        if attr in rename:
            raise DeclarationError(f"{name}: the keys {rename[attr]!r} and {key!r} have one attribute name")
        rename[attr] = key
        if child.form is not None:
            leaf = LEAVES[child.form]
            if child.many:
                fields.append((attr, list[leaf] | None, None))  # type: ignore[valid-type]
            else:
                fields.append((attr, leaf, _EMPTY_RAW if leaf is msgspec.Raw else None))
            continue
        inner = _struct(f"{name}_{attr}", child)
        if child.many:
            fields.append((attr, list[inner] | None, None))  # type: ignore[valid-type]
        else:
            fields.append((attr, inner, inner()))
    made = msgspec.defstruct(name, fields, frozen=True, gc=False, kw_only=True, rename=rename)
    return made


def getter(path: Sequence[str]) -> Callable[[Any], Any]:
    """Take the value at these steps from a Struct; with no step, the Struct itself."""
    if not path:
        return lambda value: value
    return attrgetter(".".join(attribute(step) for step in path))


@dataclass(slots=True)
class Walk:
    """A path through lists: the prefixes that end in a list, and the getter of what is beyond the last."""

    lists: tuple[tuple[str, ...], ...]
    leaf: Callable[[Any], Any]

    @staticmethod
    @lru_cache(maxsize=4096)
    def of(path: str) -> "Walk":
        """The walk of one path without alternatives."""
        parts: list[list[str]] = [[]]
        for step in steps(path):
            if step == "[]":
                parts.append([])
            else:
                parts[-1].append(step)
        return Walk(tuple(tuple(part) for part in parts[:-1]), getter(parts[-1]))


@dataclass(slots=True)
class Taken:
    """The elements that one list prefix yields over a block: each with its object's row, and its index in its list."""

    elements: Sequence[Any]
    parents: npt.NDArray[np.int32]
    index: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.elements)


class Block:
    """Decoded objects of one kind with their flattened lists, each flattened once."""

    def __init__(self, objects: Sequence[Any]) -> None:
        self.objects = objects
        self._taken: dict[tuple[tuple[str, ...], ...], Taken] = {
            (): Taken(objects, np.arange(len(objects), dtype=np.int32), np.zeros(len(objects), np.int32))
        }

    def take(self, lists: tuple[tuple[str, ...], ...]) -> Taken:
        """The elements of nested lists, flattened."""
        known = self._taken.get(lists)
        if known is None:
            outer = self.take(lists[:-1])
            held = [value or () for value in map(getter(lists[-1]), outer.elements)]
            sizes = np.fromiter(map(len, held), np.int32, len(held))
            starts = np.cumsum(sizes) - sizes
            elements = list(chain.from_iterable(held))
            index = np.arange(len(elements), dtype=np.int32) - np.repeat(starts, sizes).astype(np.int32)
            known = self._taken[lists] = Taken(elements, np.repeat(outer.parents, sizes), index)
        return known

    def column(self, walk: Walk) -> tuple[Iterator[Any], Taken]:
        """The values of one path, and the elements that they belong to."""
        taken = self.take(walk.lists)
        return map(walk.leaf, taken.elements), taken


def sibling(path: str, other: str) -> str:
    """A path given beside another: absolute when it starts as the other does, else a key of the same object."""
    if not other:
        return ""
    own = steps(path)
    if steps(other)[0] == own[0] and len(steps(other)) > 1:
        return other
    head = path[: path.rfind(".")] if "." in path else ""
    return f"{head}.{other}" if head else other


METADATA: tuple[tuple[str, Form], ...] = (
    ("apiVersion", "text"),
    ("kind", "text"),
    ("metadata.name", "text"),
    ("metadata.namespace", "text"),
    ("metadata.uid", "text"),
    ("metadata.creationTimestamp", "time"),
    ("metadata.deletionTimestamp", "time"),
    ("metadata.generation", "number"),
    ("metadata.resourceVersion", "text"),
    ("metadata.labels", "mapping"),
    ('metadata.annotations["vigie/ignore"]', "text"),
    ("metadata.finalizers[]", "text"),
    ("metadata.ownerReferences[].apiVersion", "text"),
    ("metadata.ownerReferences[].kind", "text"),
    ("metadata.ownerReferences[].name", "text"),
    ("metadata.ownerReferences[].uid", "text"),
    ("metadata.ownerReferences[].controller", "flag"),
    ("metadata.ownerReferences[].blockOwnerDeletion", "flag"),
    ("status.observedGeneration", "number"),
    ("status.conditions[].type", "text"),
    ("status.conditions[].status", "text"),
    ("status.conditions[].reason", "text"),
    ("status.conditions[].message", "text"),
    ("status.conditions[].lastTransitionTime", "time"),
    ("status.conditions[].observedGeneration", "number"),
)


def declared_paths(kind: type[Kind], rows: Sequence[type[Rows]]) -> list[tuple[str, Form]]:
    """Every path that a kind and its rows need, with its form."""
    paths: list[tuple[str, Form]] = list(METADATA)
    for column in kind.fields.values():
        paths += [(path, column.form) for path in alternatives(column.path)]
    for table in rows:
        for at in table.at:
            for column in table.fields.values():
                paths += [(f"{at}.{path}", column.form) for path in alternatives(column.path)]
    for ref in kind.refs:
        for path in alternatives(ref.path):
            if isinstance(ref, Selector):
                paths.append((path, "mapping"))
                continue
            paths.append((path, "text"))
            paths += [(sibling(path, o), "text") for o in (ref.key, ref.kind_at, ref.group_at, ref.namespace_at) if o]
            if ref.optional:
                paths.append((sibling(path, ref.optional), "flag"))
    return paths


class Decoder:
    """How one kind is read. A loose one belongs to an undeclared kind: its spec is searched for references."""

    def __init__(self, kind: type[Kind], rows: Sequence[type[Rows]], *, loose: bool = False) -> None:
        self.kind = kind
        self.rows = tuple(rows)
        self.loose = loose
        tree = Tree(kind.__name__)
        for path, form in dict.fromkeys(declared_paths(kind, rows)):
            tree.add(path, form)
        if loose:
            tree.add("spec", "any")
        self.struct = tree.struct()
        self.many = msgspec.json.Decoder(list[self.struct])  # type: ignore[name-defined]
        self.one = msgspec.json.Decoder(self.struct)


_WRONG = re.compile(r"`\$((?:\.[^.`\[]+|\[\d+\]|\[\.\.\.\])*)`")


def decode_one(decoder: Decoder, raw: bytes, limit: int = 64) -> tuple[Any, list[str]]:
    """One object, with the fields of a wrong type left out; returns it and those fields' paths.

    Raises msgspec.DecodeError when it is not JSON or not an object.
    """
    wrong: list[str] = []
    value: Any = None
    data = raw
    for _ in range(limit):
        try:
            return decoder.one.decode(data), wrong
        except msgspec.ValidationError as error:
            place = _WRONG.search(str(error))
            if place is None or not place[1]:
                raise
            value = msgspec.json.decode(raw) if value is None else value
            _drop(value, place[1])
            wrong.append(place[1].lstrip("."))
            data = msgspec.json.encode(value)
    raise msgspec.ValidationError(f"more than {limit} fields have a wrong type")


def _drop(value: Any, path: str) -> None:
    """Remove what is at an error's path (`.spec.containers[0].name`; `[...]` is any key of a map).

    A key with dots in it is written into the path as it is.
    """
    parts = re.findall(r"\.([^.\[]+)|\[(\d+)\]|(\[\.\.\.\])", path)
    while parts:
        name, index, _ = parts.pop(0)
        while name and name not in value and parts:
            name += "." + parts.pop(0)[0]
        key = name if name else int(index) if index else None
        if key is None and not parts:
            value.clear()
        elif key is not None and not parts:
            del value[key]
        elif key is not None:
            value = value[key]
