"""CustomResourceDefinitions by the kind that they serve."""

from vigie.kit import Entity, Graph
from vigie.systems.kubernetes.kinds.access import CustomResourceDefinition, ServedVersion


def served(graph: Graph, group: str, kind: str, plural: str) -> Entity:
    """The definition of a kind; the one that would be there where there is none."""
    for entity in graph.all(CustomResourceDefinition):
        if entity[CustomResourceDefinition.served_group] == group and (
            entity[CustomResourceDefinition.served_kind] == kind
            or entity[CustomResourceDefinition.plural_name] == plural
        ):
            return entity
    name = plural or _plural(kind.lower())
    return graph.get("CustomResourceDefinition", "", f"{name}.{group}")


def versions(definition: Entity) -> set[str | None]:
    return {row[ServedVersion.name] for row in definition.rows(ServedVersion) if row[ServedVersion.served]}


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    return word[:-1] + "ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else word + "s"
