"""The runner and the engine: three outcomes, links, leans, and rules that fail."""

from collections.abc import Iterator

import msgspec

from vigie import pipeline
from vigie.graph.entity import Entity
from vigie.graph.graph import Graph
from vigie.graph.schema import Schema
from vigie.kit import Kind, Outcome, Ref, System, column, found, leans, number, rule, text
from vigie.model.answer import Answer
from vigie.model.evidence import Evidence
from vigie.model.kind import EdgeType
from vigie.questions import causes


class Thing(Kind, api="test/v1", short="th"):
    """A thing that may be ill, and may rely on another."""

    ill = text("status.ill", "what ails it")
    size = number("spec.size", "its size")
    refs = (Ref("leans-on", "test/Thing", "spec.on"), Ref("may-need", "Secret", "spec.secret"))


SICK = column("ill", "test/Thing", Thing.ill, "It says that it is ill.")


@rule("TST1001", on="test/Thing", signal="ill", causes=("crash-exit",), since="0.1.0", strength=0.5)
def thing_ill(thing: Entity, graph: Graph) -> Iterator[Outcome]:
    """A thing is ill by itself."""
    for edge in thing.out("leans-on"):
        yield leans(edge.target, "leans-on", edge, absent="secret-missing")
    for said in thing.signals("ill"):
        if said.text == "explode":
            raise TypeError("a wrong type")
        if said.text != "mystery":
            yield found("crash-exit", thing, said, fix=f"Mend {thing.name}.")


EDGES = (EdgeType("leans-on", "It relies on it.", relies=True), EdgeType("may-need", "It may need it."))
SYSTEM = System("test", "TST", "Test", (Thing,), (), symptoms=(SICK,), rules=(thing_ill,), edges=EDGES)


def ask(*things: dict) -> Answer:
    items = [{"apiVersion": "test/v1", "kind": "Thing", **thing} for thing in things]
    document = {"kind": "ThingList", "apiVersion": "test/v1", "items": items}
    schema = Schema([SYSTEM])
    graph = pipeline.read_all([Evidence.of("things.json", msgspec.json.encode(document), "json")], of=schema)
    return causes.ask(graph, list(schema.rules.values()))


def thing(name: str, ill: str = "", on: str = "") -> dict:
    return {
        "metadata": {"name": name, "namespace": "n"},
        "spec": {"on": on} if on else {},
        "status": {"ill": ill} if ill else {},
    }


def named(answer: Answer) -> list[tuple[str, str]]:
    return [(cause.name, cause.entity.name) for cause in answer.causes]


def test_the_blame_goes_to_the_sick_end_of_the_chain() -> None:
    answer = ask(thing("a", "x", "b"), thing("b", "x", "c"), thing("c", "x"))
    assert named(answer) == [("crash-exit", "c")]
    assert [step.entity.name for step in answer.causes[0].chain] == ["a", "b", "c"]
    assert sorted(v.entity.name for v in answer.causes[0].victims) == ["a", "b"]


def test_a_healthy_reliance_takes_no_blame() -> None:
    assert named(ask(thing("a", "x", "b"), thing("b"))) == [("crash-exit", "a")]


def test_an_absent_reliance_takes_it() -> None:
    assert named(ask(thing("a", "x", "gone"))) == [("secret-missing", "gone")]


def test_a_circle_ends() -> None:
    answer = ask(thing("a", "x", "b"), thing("b", "x", "a"))
    assert {name for _, name in named(answer)} <= {"a", "b"} and answer.causes


def test_what_nobody_explains_is_unknown() -> None:
    answer = ask(thing("a", "mystery"))
    assert named(answer) == [("unknown", "a")]
    assert [u.entity.name for u in answer.unknown] == ["a"]


def test_a_failing_rule_leaves_unknown_and_the_rest_stands() -> None:
    answer = ask(thing("a", "explode"), thing("b", "x"))
    assert ("crash-exit", "b") in named(answer) and ("unknown", "a") in named(answer)
    assert any(u.needs == "rule:TST1001" and "wrong type" in u.why for u in answer.unknown)


def test_nothing_ill_is_silence() -> None:
    assert ask(thing("a"), thing("b", on="a")).causes == []


def test_what_nobody_explains_needs_what_was_not_listed() -> None:
    answer = ask(thing("a", ill="mystery") | {"spec": {"secret": "s"}})
    assert [(cause.name, cause.entity.name) for cause in answer.causes] == [("unknown", "a")]
    assert [(unknown.entity.name, unknown.needs) for unknown in answer.unknown] == [("a", "list:Secret")]


def test_what_nobody_explains_though_all_was_listed_is_to_be_described() -> None:
    answer = ask(thing("a", ill="mystery"))
    assert [(u.needs, u.how) for u in answer.unknown] == [("describe", "kubectl describe thing a -n n")]
