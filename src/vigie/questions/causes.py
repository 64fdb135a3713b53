"""The engine of causes: from every symptom along what it leans on to the entity that is to blame.

It reads no reason, kind or class name: rules state what they found and on what it hangs, and the engine walks. Down
ownership first, then sideways; the root is the first unhealthy entity whose own reliances are all well. A class that
is a *link* is answered only when its far end shows no fault of its own.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from vigie.graph import clock
from vigie.graph.entity import Entity
from vigie.graph.graph import Graph
from vigie.model.answer import Answer, Cause, Step, Victim
from vigie.model.classes import UNKNOWN
from vigie.model.finding import Hop, Leans, Proof, Unknown
from vigie.model.kind import Key
from vigie.model.rule import Rule
from vigie.questions.changes import change_before
from vigie.questions.runner import FAILED, Hypothesis, Outcomes, run
from vigie.questions.sickness import Sickness
from vigie.questions.summary import summary

SKEW = 120 * clock.SECOND
_UNEXPLAINED = 0.1
_PROOFS = 12
_COLLECT = "Collect what is missing and ask again."


@dataclass(frozen=True, slots=True)
class Root:
    """Where a walk ended: a class at an entity, who said so, and how the walk came there."""

    name: str
    entity: Entity
    part: str
    hypothesis: Hypothesis | None
    proofs: tuple[Proof, ...]
    chain: tuple[Step, ...]
    hops: tuple[Hop, ...] = ()

    @property
    def key(self) -> tuple[str, tuple[str, str, str, str], str]:
        return (self.name, self.entity.address, self.part)

    def behind(self, step: Step, hops: tuple[Hop, ...] = ()) -> "Root":
        """The same root seen from further away, through what passes the trouble on."""
        between = (Step(hop.entity, hop.edge, hop.proof) for hop in hops)
        return replace(self, chain=(step, *between, *self.chain), hops=(*hops, *self.hops))


class Engine:
    """One run over one graph."""

    def __init__(self, graph: Graph, sick: Sickness, outcomes: Outcomes) -> None:
        self.graph = graph
        self.sick = sick
        self.outcomes = outcomes
        self._roots: dict[Entity, tuple[Root, ...]] = {}

    def is_sick(self, entity: Entity) -> bool:
        """Unhealthy, or with a finding of its own: enough to take the blame of what leans on it."""
        return entity in self.sick or entity in self.outcomes.hypotheses

    def roots(self, subject: Entity, path: tuple[Entity, ...] = ()) -> tuple[Root, ...]:
        """The roots of one entity's trouble; empty only when the walk came back to where it was."""
        known = self._roots.get(subject)
        if known is not None:
            return known
        if subject in path:
            return ()
        found = self._walk(subject, (*path, subject))
        if not path or found:
            self._roots[subject] = found
        return found

    def _walk(self, subject: Entity, path: tuple[Entity, ...]) -> tuple[Root, ...]:
        ends: list[Root] = []
        links: list[Root] = []
        for ranked in _best(self.outcomes.hypotheses.get(subject, ())):
            for hypothesis in ranked:
                through = self._leaning(subject, hypothesis, path)
                if through:
                    ends += through
                elif hypothesis.found is not None:
                    (links if self._is_link(hypothesis) else ends).extend(self._stated(subject, hypothesis, path))
                else:
                    continue
                break
        below = self._below(subject, path)
        found = _distinct([*ends, *below])
        if found:
            proven = [root for root in found if root.name != UNKNOWN]
            return tuple(proven or links or found)
        if links:
            return tuple(_distinct(links))
        beside = self._beside(subject, path) or self._blamed(subject, path)
        return tuple(_distinct(beside)) or (self._unexplained(subject),)

    def _blamed(self, subject: Entity, path: tuple[Entity, ...]) -> list[Root]:
        """What was found at an entity by looking at others, where no edge leads from it to them."""
        others = [e for e in self._blaming.get(subject, ()) if e not in path and e in self.sick]
        return [root for other in others for root in self.roots(other, path) if root.entity == subject]

    @cached_property
    def _blaming(self) -> dict[Entity, list[Entity]]:
        out: dict[Entity, list[Entity]] = {}
        for subject, held in self.outcomes.hypotheses.items():
            for hypothesis in held:
                if hypothesis.found is not None and hypothesis.found.at != subject:
                    out.setdefault(hypothesis.found.at, []).append(subject)
        return out

    def _is_link(self, hypothesis: Hypothesis) -> bool:
        assert hypothesis.found is not None
        return self.graph.schema.classes[hypothesis.found.cause].link

    def _leaning(self, subject: Entity, hypothesis: Hypothesis, path: tuple[Entity, ...]) -> list[Root]:
        """What the first sick or absent entity that the hypothesis leans on leads to.

        One that is sick for no known reason takes the blame as such, unless another leads further.
        """
        unexplained: list[Root] = []
        for lean in hypothesis.leans:
            if lean.on == subject or lean.on in path:
                continue
            step = Step(subject, lean.edge, lean.proofs[0] if lean.proofs else None)
            if self.is_sick(lean.on) and self._older(lean, subject):
                behind = [root.behind(step, lean.through) for root in self.roots(lean.on, path)]
                roots = [root for root in behind if root.name != UNKNOWN]
                if roots:
                    return roots
                unexplained = unexplained or behind
            if lean.absent and lean.on.exists is False:
                end = Step(lean.on, None, lean.on.absence())
                return [Root(lean.absent, lean.on, "", hypothesis, lean.proofs, (end,)).behind(step, lean.through)]
        return unexplained

    def _older(self, lean: Leans, subject: Entity) -> bool:
        """A cause younger than the last time that its symptom was seen is none."""
        began = [s.first for s in lean.on.signals() if s.first is not None]
        seen = [s.time for s in subject.signals() if s.time is not None]
        return not began or not seen or min(began) <= max(seen) + SKEW

    def _stated(self, subject: Entity, hypothesis: Hypothesis, path: tuple[Entity, ...]) -> list[Root]:
        """What the hypothesis itself says; through a link, what its far end leads to."""
        found = hypothesis.found
        assert found is not None
        relation = found.via or self._relation(subject, found.at)
        first = found.proofs[0]
        if self._is_link(hypothesis) and found.at != subject and self.is_sick(found.at):
            roots = [root for root in self.roots(found.at, path) if root.name != UNKNOWN]
            if roots:
                return [root.behind(Step(subject, relation, first)) for root in roots]
        last = next((p for p in found.proofs if p.entity == found.at), first)
        if found.at == subject:
            chain: tuple[Step, ...] = (Step(subject, None, first),)
        else:
            chain = (Step(subject, relation, first), Step(found.at, None, last))
        return [Root(found.cause, found.at, found.part, hypothesis, found.proofs, chain)]

    def _relation(self, source: Entity, target: Entity) -> str:
        edges = self.graph.between(source, target)
        if edges:
            return edges[0].type
        at = source.owner
        while at is not None and at != source:
            if at == target:
                return "owned-by"
            at = at.owner
        back = self.graph.between(target, source)
        return f"{back[0].type} (from)" if back else "relies-on"

    def _below(self, subject: Entity, path: tuple[Entity, ...]) -> list[Root]:
        """Down ownership, to the unhealthy objects that it made; where none is, to those of which a rule speaks.

        The pods of a failed Job are done and no trouble of their own: they are evidence of the Job's.
        """
        out: list[Root] = []
        made = [child for child in sorted(subject.owned(), key=lambda e: e.address) if child not in path]
        for child in [c for c in made if c in self.sick] or [c for c in made if c in self.outcomes.hypotheses]:
            step = Step(subject, "owns", self.sick.proof(subject))
            out += [root.behind(step) for root in self.roots(child, path)]
        return out

    def _beside(self, subject: Entity, path: tuple[Entity, ...]) -> list[Root]:
        """Sideways, along what its kind relies on."""
        for name, type in self.graph.schema.edges.items():
            if not type.relies:
                continue
            for edge in sorted(subject.out(name), key=lambda e: e.target.address):
                if edge.target in self.sick and edge.target not in path:
                    roots = [root for root in self.roots(edge.target, path) if root.name != UNKNOWN]
                    if roots:
                        return [root.behind(Step(subject, name, edge.prove())) for root in roots]
        return []

    def _unexplained(self, subject: Entity) -> Root:
        proof = self.sick.proof(subject)
        return Root(UNKNOWN, subject.holder, "", None, (proof,), (Step(subject, None, proof),))


def _best(hypotheses: Collection[Hypothesis]) -> list[list[Hypothesis]]:
    """What was said of each part of one subject, the strongest first; the whole subject's, where that is stronger.

    Hypotheses that only lean on others stand beside those of every part: they count where they lead somewhere.
    """
    parts: dict[str, list[Hypothesis]] = {}
    leaning = [h for h in hypotheses if h.found is None]
    for hypothesis in hypotheses:
        if hypothesis.found is not None:
            parts.setdefault(hypothesis.part, []).append(hypothesis)
    ranked = {part: sorted([*leaning, *held], key=_strongest) for part, held in parts.items()}
    whole = ranked.pop("", None)
    if whole is None:
        return list(ranked.values()) or ([sorted(leaning, key=_strongest)] if leaning else [])
    most = max((h.strength for held in ranked.values() for h in held if h.found is not None), default=-1.0)
    if max(h.strength for h in whole if h.found is not None) > most:
        return [whole]
    return list(ranked.values())


def _strongest(hypothesis: Hypothesis) -> tuple[float, str]:
    return (-hypothesis.strength, hypothesis.rule.id)


def _distinct(roots: Collection[Root]) -> list[Root]:
    seen: dict[object, Root] = {}
    for root in roots:
        seen.setdefault(root.key, root)
    return list(seen.values())


def ask(graph: Graph, rules: Collection[Rule]) -> Answer:
    """What is broken: the ranked causes of every symptom in the graph, and what cannot be known."""
    sick = Sickness.of(graph)
    outcomes = run(graph, sick, rules)
    engine = Engine(graph, sick, outcomes)
    victims: dict[object, list[tuple[Entity, Root]]] = {}
    for entity in sick:
        for root in engine.roots(entity):
            victims.setdefault(root.key, []).append((entity, root))
    _merge_unknown(victims)
    causes = [_cause(graph, sick, found) for found in victims.values()]
    causes.sort(key=_rank)
    for number, cause in enumerate(causes, 1):
        cause.rank = number
    checked = {key.kind: n for key, n in sorted(sick.checked.items(), key=lambda kv: str(kv[0]))}
    for entity in sick:
        if entity.kind in checked:
            checked[entity.kind] -= 1
    return Answer("broken", graph.as_of, causes, list(_unknowns(graph, causes, outcomes)), checked)


def _merge_unknown(found: dict[object, list[tuple[Entity, Root]]]) -> None:
    """What is unexplained of an object of which something else is proven suffers from that, as far as one can say."""
    proven: dict[Entity, object] = {}
    for key, walks in found.items():
        if walks[0][1].name != UNKNOWN:
            proven.setdefault(walks[0][1].entity, key)
    for key in [key for key, walks in found.items() if walks[0][1].name == UNKNOWN]:
        if (to := proven.get(found[key][0][1].entity)) is not None:
            root = found[to][0][1]
            found[to] += [(entity, replace(root, chain=root.chain[-1:])) for entity, _ in found.pop(key)]


def _cause(graph: Graph, sick: Sickness, found: list[tuple[Entity, Root]]) -> Cause:
    """One cause from all the walks that ended at it; its chain is the longest of them, its proof the strongest."""
    farthest = min(found, key=lambda pair: (-len(pair[1].chain), pair[0].address))[1]
    root = max((root for _, root in found), key=lambda r: r.hypothesis.strength if r.hypothesis else 0.0)
    hypothesis = root.hypothesis
    proofs = tuple(dict.fromkeys(p for _, r in found for p in r.proofs))
    stated = hypothesis is not None and any(p.stated for p in root.proofs)
    since = _since(proofs, [entity for entity, _ in found])
    own = hypothesis.found if hypothesis and hypothesis.found and hypothesis.found.cause == root.name else None
    return Cause(
        name=root.name,
        entity=root.entity,
        part=root.part,
        score=_score(hypothesis, stated),
        severity=hypothesis.rule.severity if hypothesis else "medium",
        rule=hypothesis.rule.id if hypothesis else "",
        summary=summary(graph.schema.classes[root.name], root.entity, root.part, root.proofs),
        fix=own.fix if own else _COLLECT if root.name == UNKNOWN else "",
        command=own.command if own else None,
        since=since,
        stated=stated,
        proofs=proofs[:_PROOFS],
        chain=_without_detour(farthest.chain),
        victims=_victims(sick, found),
        change=change_before(root.entity, since),
    )


def _without_detour(chain: tuple[Step, ...]) -> tuple[Step, ...]:
    """A chain without what leads from an object down to what it made only to come back to it."""
    root = chain[-1].entity
    while len(chain) > 2 and root in (chain[0].entity, chain[0].entity.holder) and chain[1].entity.holder == root:
        chain = chain[1:]
    return chain


def _victims(sick: Sickness, found: list[tuple[Entity, Root]]) -> tuple[Victim, ...]:
    """The unhealthy entities whose walks ended at one root, what passed it on, and the objects that hold them."""
    root = found[0][1].entity
    out = [Victim(entity, sick.symptom(entity)) for entity, _ in found if entity != root]
    holders: dict[Entity, str] = {}
    for entity, _ in found:
        if entity.holder != entity and entity.holder not in sick and entity.holder != root:
            holders.setdefault(entity.holder, sick.symptom(entity))
    passing = _passing(sick, found)
    known = {victim.entity for victim in passing}
    held = [Victim(entity, said) for entity, said in holders.items() if entity not in known]
    return (*out, *sorted([*passing, *held], key=lambda victim: victim.entity.address))


def _passing(sick: Sickness, found: list[tuple[Entity, Root]]) -> list[Victim]:
    """What passed the trouble on, is well by its state, and says itself that it suffers: with what holds it."""
    out: dict[Entity, Victim] = {}
    for _, root in found:
        for hop in root.hops:
            for entity in (hop.entity, hop.entity.holder) if hop.proof.entity == hop.entity else ():
                if entity not in sick and entity != root.entity:
                    out.setdefault(entity, Victim(entity, hop.proof.value or hop.proof.field))
    return sorted(out.values(), key=lambda victim: victim.entity.address)


def _since(proofs: Collection[Proof], victims: Collection[Entity]) -> int | None:
    """When it began: the oldest proof, else the oldest symptom."""
    times = [proof.time for proof in proofs if proof.time is not None]
    firsts = [s.first for entity in victims for s in entity.signals() if s.first is not None and s.broken]
    return min(times or firsts, default=None)


def _score(hypothesis: Hypothesis | None, stated: bool) -> float:
    if hypothesis is None:
        return _UNEXPLAINED
    return round(hypothesis.strength if stated else hypothesis.strength * 0.8, 2)


def _rank(cause: Cause) -> tuple[object, ...]:
    since = cause.since if cause.since is not None else 1 << 62
    return (
        cause.name == UNKNOWN,
        not cause.stated,
        -len(cause.victims),
        since,
        cause.entity.address,
        cause.name,
        cause.part,
    )


def _unknowns(graph: Graph, causes: list[Cause], outcomes: Outcomes) -> Iterator[Unknown]:
    """What could not be decided: the unexplained, with what would explain it, and what could not be read."""
    said: set[tuple[object, str]] = set()
    yield from (u for held in outcomes.unknown.values() for u in held if u.needs.startswith(FAILED))
    for cause in causes:
        if cause.name != UNKNOWN:
            continue
        members = [cause.entity, *(victim.entity for victim in cause.victims)]
        members = [e for e in members if e.holder == cause.entity] or members
        wanted = [u for entity in members for u in outcomes.unknown.get(entity, ())]
        wanted = wanted or list(_unlisted(graph, members)) or [_undescribed(cause.entity)]
        for unknown in wanted:
            mark = (unknown.entity.address, unknown.needs)
            if mark not in said:
                said.add(mark)
                yield unknown
    for gap in graph.gaps:
        if gap.listed is not None:
            entity = graph.get(gap.listed.kind, gap.listed.namespace or "", "*")
            yield Unknown(
                entity, f"list:{gap.listed.kind}", gap.how or "read it with an identity that may list it", gap.what
            )


def _unlisted(graph: Graph, members: list[Entity]) -> Iterator[Unknown]:
    """The kinds that were not listed and that would say more of what nobody explains: events, and what it refers to."""
    about = members[0]
    for system in graph.schema.systems:
        if system.events is not None and not graph.covers(system.events.kind.key, about.namespace):
            yield _list(about, system.events.kind.key, about.namespace)
    seen: set[object] = set()
    for entity in members:
        for name in graph.schema.edges:
            for edge in entity.out(name):
                target = edge.target
                if target.exists is None and target.key not in seen:
                    seen.add(target.key)
                    yield _list(about, target.key, target.namespace)


def _list(about: Entity, kind: Key, namespace: str) -> Unknown:
    space = f" -n {namespace}" if namespace else ""
    return Unknown(about, f"list:{kind.kind}", f"kubectl get {kind.kind.lower()}{space} -o json")


def _undescribed(entity: Entity) -> Unknown:
    space = f" -n {entity.namespace}" if entity.namespace else ""
    return Unknown(entity, "describe", f"kubectl describe {entity.kind.lower()} {entity.name}{space}")
