import re
from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Provable, found, rule
from vigie.systems.kubernetes import commands, definitions
from vigie.systems.kubernetes.kinds.access import CustomResourceDefinition
from vigie.systems.kubernetes.kinds.workloads import Container

_KIND = re.compile(r"no matches for kind \\?\"(?P<kind>\w+)\\?\" in (?:version|group) \\?\"(?P<api>[\w./-]+)\\?\"")
_RESOURCE = re.compile(
    r"the server could not find the requested resource \((?:get|list|watch|post|put|patch) "
    r"(?P<plural>[a-z0-9-]+)\.(?P<group>[a-z0-9.-]+)\)"
)
_OWN = (".k8s.io", "apps", "batch", "policy", "autoscaling", "extensions")


@rule(
    "K8S1601",
    on="*",
    signal=("kind-unknown", "container-ended", "pod-not-ready", "container-waiting"),
    causes=("crd-missing",),
    severity="high",
    since="0.1.0",
    strength=0.94,
)
def crd_missing(subject: Entity, graph: Graph) -> Iterator[Outcome]:
    """An object or a controller needs a kind that the API server does not serve.

    ## Why is this bad
    A controller that cannot list the kind that it is for ends or waits for ever; an object of it cannot even be made.

    ## Fix
    Install the CustomResourceDefinition, in the version that is asked for.
    """
    for text, proof, part in _words(subject):
        match = _KIND.search(text) or _RESOURCE.search(text)
        if match is None or not graph.covers(CustomResourceDefinition.key):
            continue
        group, kind, plural = _named(match)
        if not group or group.endswith(_OWN) or group in _OWN:
            continue
        definition = definitions.served(graph, group, kind, plural)
        absent = definition.absence() if not definition.read else definition.proof(CustomResourceDefinition.served_kind)
        wanted = match.groupdict().get("api") or group
        if definition.read and wanted.rpartition("/")[2] in definitions.versions(definition):
            continue
        yield found(
            "crd-missing", definition, proof, absent, part="", via="depends-on",
            fix=f"Install the CustomResourceDefinition {definition.name} with {wanted}, which {subject.holder.kind} "
            f"{subject.holder.name}{f' ({part})' if part else ''} needs.",
            command=commands.kubectl("get", definition, "-o", "yaml") if definition.read else None,
        )  # fmt: skip
        return


def _words(subject: Entity) -> Iterator[tuple[str, Provable, str]]:
    """What is said of a subject: by conditions, and by the last words of a pod's containers."""
    for signal in subject.signals("kind-unknown"):
        yield signal.text, signal, ""
    if subject.kind == "Pod":
        for row in subject.rows(Container):
            part = row[Container.name] or ""
            for previous in (False, True):
                for record in reversed(subject.log(part, previous=previous).last_words()):
                    yield record.text, record, part


def _named(match: re.Match[str]) -> tuple[str, str, str]:
    held = match.groupdict()
    if "plural" in held:
        return held["group"], "", held["plural"]
    return held["api"].partition("/")[0], held["kind"], ""
