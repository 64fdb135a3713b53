"""The schema: what all loaded systems declare, checked once and looked up by the rest."""

from collections.abc import Iterable
from functools import cached_property

from vigie.graph.decode import Decoder
from vigie.model.classes import classes
from vigie.model.document import Document
from vigie.model.errors import DeclarationError, UsageError
from vigie.model.kind import EdgeType, Key, Kind, Ref, Rows
from vigie.model.rule import Rule
from vigie.model.symptom import Symptom
from vigie.model.system import CauseClass, Health, System

BUILT_IN = (EdgeType("owns", "The controller that made the object, and removes it with itself.", relies=False),)


class Schema:
    """All declarations of a set of systems. Raises DeclarationError where two of them clash."""

    def __init__(self, systems: Iterable[System]) -> None:
        self.systems = tuple(sorted(systems, key=lambda system: system.name))
        self.kinds: dict[Key, type[Kind]] = {}
        self._canonical: dict[Key, Key] = {}
        self._by_name: dict[str, list[type[Kind]]] = {}
        self.edges: dict[str, EdgeType] = {edge.name: edge for edge in BUILT_IN}
        self.classes: dict[str, CauseClass] = dict(classes())
        self.rules: dict[str, Rule] = {}
        self._decoders: dict[Key, Decoder] = {}
        for system in self.systems:
            self._take(system)
        self._check()

    def _take(self, system: System) -> None:
        for kind in system.kinds:
            for key in (kind.key, *kind.also):
                if key in self._canonical:
                    raise DeclarationError(f"{system.name} declares the kind {key} a second time")
                self._canonical[key] = kind.key
            self.kinds[kind.key] = kind
            names = {kind.key.kind.lower(), kind.plural, *kind.short}
            for name in names:
                self._by_name.setdefault(name, []).append(kind)
        for edge in system.edges:
            if edge.name in self.edges:
                raise DeclarationError(f"{system.name} declares the edge {edge.name!r} a second time")
            self.edges[edge.name] = edge
        for name, cause in system.classes.items():
            if name in self.classes:
                raise DeclarationError(f"{system.name} declares the class {name!r} a second time")
            self.classes[name] = cause
        for rule in system.rules:
            if rule.id in self.rules:
                raise DeclarationError(f"the rule id {rule.id} is taken by {self.rules[rule.id].name}")
            self.rules[rule.id] = rule

    def _check(self) -> None:
        for kind in self.kinds.values():
            for ref in kind.refs:
                if ref.edge not in self.edges:
                    raise DeclarationError(f"{kind.key}: no system declares the edge {ref.edge!r}")
                if isinstance(ref, Ref) and not ref.kind and not ref.kind_at:
                    raise DeclarationError(f"{kind.key}: the reference at {ref.path!r} names no kind")
        for rule in self.rules.values():
            for cause in rule.causes:
                if cause not in self.classes:
                    raise DeclarationError(f"{rule.id}: no system declares the class {cause!r}")

    def canonical(self, key: Key) -> Key:
        """The key under which a kind is kept, whichever of its groups it came in."""
        return self._canonical.get(key, key)

    def resolve(self, short: str) -> Key:
        """A kind's key from the short form of declarations (`Pod`, `apps/Deployment`) or of its resource (`pods`)."""
        key = self.canonical(Key.parse(short))
        if key in self.kinds or key.group:
            return key
        named = [kind for kind in self.kinds.values() if key.kind in (kind.key.kind, kind.plural)]
        return named[0].key if len(named) == 1 else key

    def lookup(self, word: str) -> Key:
        """A kind's key from what a person types: `po`, `pods`, `Deployment`, `deployments.apps`.

        Raises UsageError, naming the nearest, for a word that no kind goes by.
        """
        name, _, group = word.lower().partition(".")
        for kind in self._by_name.get(name, ()):
            if not group or kind.key.group.startswith(group):
                return kind.key
        raise UsageError(f"no kind goes by {word!r}", fix=self._nearest(name))

    def _nearest(self, word: str) -> str:
        from difflib import get_close_matches

        near = get_close_matches(word, self._by_name, 3)
        return f"did you mean {' or '.join(near)}?" if near else "`vigie get` without a type lists the kinds"

    def known(self, word: str) -> bool:
        return word.lower().partition(".")[0] in self._by_name

    def namespaced(self, key: Key) -> bool:
        """Whether objects of this kind live in a namespace; unknown kinds are taken to."""
        kind = self.kinds.get(key)
        return kind.namespaced if kind else True

    def decoder(self, key: Key) -> tuple[type[Kind] | None, Decoder]:
        """How a kind is read; an undeclared one loosely, by its metadata, conditions and references."""
        kind = self.kinds.get(key)
        decoder = self._decoders.get(key)
        if decoder is None:
            if kind is None:
                loose: type[Kind] = type(key.kind, (Kind,), {"__doc__": "An undeclared kind."}, api=key.group or "v1")
                decoder = Decoder(loose, (), loose=True)
            else:
                decoder = Decoder(kind, self.rows.get(kind, ()))
            self._decoders[key] = decoder
        return kind, decoder

    @cached_property
    def rows(self) -> dict[type[Kind], tuple[type[Rows], ...]]:
        """The nested lists of each kind."""
        out: dict[type[Kind], tuple[type[Rows], ...]] = {}
        for system in self.systems:
            for rows in system.rows:
                out[rows.of] = (*out.get(rows.of, ()), rows)
        return out

    @cached_property
    def symptoms(self) -> tuple[Symptom, ...]:
        return tuple(symptom for system in self.systems for symptom in system.symptoms)

    @cached_property
    def health(self) -> tuple[Health, ...]:
        return tuple(health for system in self.systems for health in system.health)

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        return tuple(document for system in self.systems for document in system.documents)
