"""Kinds declared as data: what a kind of object is called, which of its fields matter, and what it refers to.

A declaration is a class body of `text`, `number`, `flag`, `time` and `mapping` fields with their paths, and a tuple
`refs`. Nothing here decodes: the graph derives decoders, columns and joins from it.

A path is dotted, `[]` walks a list, `["quoted key"]` names a key with dots in it, and ` | ` separates alternatives
of which the first that is present counts: `state.terminated.exitCode | lastState.terminated.exitCode`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Generic, Literal, TypeVar

from vigie.model.errors import DeclarationError

T = TypeVar("T")
Form = Literal["text", "number", "flag", "time", "mapping", "any"]
Layer = Literal["declared", "effective", "observed", "inferred"]
LAYERS: tuple[Layer, ...] = ("declared", "effective", "observed", "inferred")

_STEP = re.compile(r"""([A-Za-z_$][\w$-]*)|\["([^"]+)"\]|(\[\])|\.""")


@lru_cache(maxsize=4096)
def steps(path: str) -> tuple[str, ...]:
    """The steps of one path without alternatives; a list is the step `[]`."""
    found: list[str] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise DeclarationError(f"the path {path!r} cannot be read from character {at}")
        name = match[1] or match[2] or match[3]
        if name:
            found.append(name)
        at = match.end()
    return tuple(found)


def alternatives(path: str) -> tuple[str, ...]:
    """The alternatives of a path, in the order in which they count."""
    return tuple(part.strip() for part in path.split(" | "))


class Field(Generic[T]):
    """One column of a kind or of its rows; `entity[Pod.phase]` has the field's own type."""

    __slots__ = ("ahead", "doc", "form", "name", "owner", "path")

    def __init__(self, form: Form, path: str, doc: str, ahead: bool = False) -> None:
        self.ahead = ahead
        self.form = form
        self.path = path
        self.doc = doc
        self.name = ""
        self.owner: type | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.owner = owner

    def __repr__(self) -> str:
        owner = self.owner.__name__ if self.owner else "?"
        return f"{owner}.{self.name}"


def text(path: str, doc: str) -> Field[str | None]:
    """A string column."""
    return Field("text", path, doc)


def number(path: str, doc: str) -> Field[float | None]:
    """A number column (held as 64-bit floats; whole numbers up to 2**53 stay exact)."""
    return Field("number", path, doc)


def flag(path: str, doc: str) -> Field[bool | None]:
    """A true/false column."""
    return Field("flag", path, doc)


def time(path: str, doc: str, *, ahead: bool = False) -> Field[int | None]:
    """A time column: microseconds since the epoch, from an RFC 3339 string.

    `ahead` marks times that may lie in the future or that a person wrote (an expiry); all others were written by a
    server when something happened, and the newest of them dates the evidence.
    """
    return Field("time", path, doc, ahead)


def mapping(path: str, doc: str) -> Field[Mapping[str, Any]]:
    """A small map kept as it is (labels, resources, a selector); equal maps are stored once."""
    return Field("mapping", path, doc)


def anything(path: str, doc: str) -> Field[Any]:
    """Any JSON value kept as it is; equal values are stored once. For values of mixed type, such as ports."""
    return Field("any", path, doc)


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference: from the declaring kind to an object that it names.

    `kind` is the short form of a kind (`Secret`, `apps/Deployment`), or "" when `kind_at` names the path that holds
    it (with `group_at` for an apiVersion or group). The target's namespace is the referrer's unless `namespace_at`
    names a path; cluster-scoped kinds have none. `optional` is the path of a flag that makes absence harmless; `key`
    is the path of the key asked for in the target; `same` paths are relative to the same list element as `path`.
    """

    edge: str
    kind: str
    path: str
    layer: Layer = "declared"
    optional: str = ""
    key: str = ""
    kind_at: str = ""
    group_at: str = ""
    namespace_at: str = ""


@dataclass(frozen=True, slots=True)
class Selector:
    """A label selector: an edge to every object of `kind` in the same namespace whose labels match.

    The path may hold a plain map (Service) or a LabelSelector (matchLabels, matchExpressions). `empty` says what an
    empty selector means: "none" (Service) or "all" (NetworkPolicy, PodDisruptionBudget v1).
    """

    edge: str
    kind: str
    path: str
    layer: Layer = "declared"
    empty: Literal["none", "all"] = "none"


@dataclass(frozen=True, slots=True)
class Key:
    """The name of a kind: API group ("" is core) and kind. Versions of one kind are one kind."""

    group: str
    kind: str

    def __str__(self) -> str:
        return f"{self.group}/{self.kind}" if self.group else self.kind

    @classmethod
    def of(cls, api: str, kind: str) -> "Key":
        """From an apiVersion (`apps/v1`, `v1`) or a group (`apps`)."""
        group, slash, _ = api.rpartition("/")
        if slash:
            return cls(group, kind)
        return cls("" if re.fullmatch(r"v\d+((alpha|beta)\d+)?|", api) else api, kind)

    @classmethod
    def parse(cls, name: str) -> "Key":
        """From the short form used in declarations: `Pod`, `apps/Deployment`."""
        group, _, kind = name.rpartition("/")
        return cls(group, kind)


class Declared:
    """What Kind and Rows share: collected fields, in order of declaration."""

    fields: ClassVar[dict[str, Field[Any]]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.fields = {name: value for name, value in vars(cls).items() if isinstance(value, Field)}
        for name, field in cls.fields.items():
            for path in alternatives(field.path):
                if "[]" in steps(path):
                    raise DeclarationError(f"{cls.__name__}.{name}: a column cannot walk a list; declare Rows instead")


class Kind(Declared):
    """A kind of object. Subclass it with `api=` and declare its fields; the docstring says what the kind is.

    `api` is an apiVersion or several that are one kind (`("v1", "events.k8s.io/v1")`); `short` kubectl's short
    names; `namespaced` is False for cluster-scoped kinds; `plural` is the resource name (derived when empty);
    `holds` says that the kind holds a pod template, so that its pods' faults are mended in it.
    """

    key: ClassVar[Key]
    also: ClassVar[tuple[Key, ...]]
    short: ClassVar[tuple[str, ...]]
    namespaced: ClassVar[bool]
    plural: ClassVar[str]
    apis: ClassVar[tuple[str, ...]]
    holds: ClassVar[bool]
    refs: ClassVar[tuple[Ref | Selector, ...]] = ()

    def __init_subclass__(
        cls,
        *,
        api: str | tuple[str, ...] = "",
        kind: str = "",
        short: str = "",
        namespaced: bool = True,
        plural: str = "",
        holds: bool = False,
    ) -> None:
        super().__init_subclass__()
        if not api:
            raise DeclarationError(f"{cls.__name__}: a kind needs api=")
        apis = (api,) if isinstance(api, str) else api
        name = kind or cls.__name__
        cls.apis = apis
        cls.key = Key.of(apis[0], name)
        cls.also = tuple(Key.of(other, name) for other in apis[1:])
        cls.short = tuple(short.split())
        cls.namespaced = namespaced
        cls.holds = holds
        cls.plural = plural or pluralise(name.lower())


class Rows(Declared):
    """A nested list of a kind as a table of its own: one row an element, joined to its parent.

    `of` is the kind whose objects hold the list, `at` the path or paths of the list; which of them a row came from
    is `row.at`, and `row.index` its position there.
    """

    of: ClassVar[type[Kind]]
    at: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, *, of: type[Kind], at: str | tuple[str, ...]) -> None:
        super().__init_subclass__()
        cls.of = of
        cls.at = (at,) if isinstance(at, str) else at


def pluralise(word: str) -> str:
    """The resource name that Kubernetes derives from a lower-cased kind."""
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


@dataclass(frozen=True, slots=True)
class EdgeType:
    """A type of relation, declared once by the system that owns it.

    `relies` says that the source cannot do its work without the target, so the engine of causes may walk it from a
    symptom; `sentence` documents it.
    """

    name: str
    sentence: str
    relies: bool = False
