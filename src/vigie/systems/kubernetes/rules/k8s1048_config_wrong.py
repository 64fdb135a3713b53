from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import configuration, containers
from vigie.systems.kubernetes.fixes import LOCKED, called, edit, locked, sentence
from vigie.systems.kubernetes.kinds.nodes import RuntimeClass
from vigie.systems.kubernetes.kinds.workloads import Container


@rule(
    "K8S1048",
    on="Pod",
    signal=("container-ended", "container-waiting", "runtime-handler-absent"),
    where=containers.failed,
    per="template",
    causes=("config-wrong",),
    severity="high",
    since="0.1.0",
    strength=0.84,
)
def config_wrong(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A process refuses a value or a key of its own configuration, and ends.

    ## Why is this bad
    The program is fine and what it was given is not: a value of the wrong form, an unknown directive, a key that it
    looks for in vain, an address with a port that nobody serves. Every new pod ends the same way.

    ## Fix
    Mend the value where it is kept: in the ConfigMap, in the Secret, or in the pod template.
    """
    for one in configuration.unreadable(pod):
        yield found(
            "config-wrong", pod.holder, *one.proofs, part=one.part, strength=0.96,
            fix=sentence(f"Mend {one.field} of container {one.part} of {called(pod.holder)}: {one.why}", pod),
            command=edit(pod.holder),
        )  # fmt: skip
    for runtime, said, proof in configuration.unknown_handler(pod):
        handler = runtime[RuntimeClass.handler] or runtime.name
        yield found(
            "config-wrong", runtime, said, proof, strength=0.96, via="runs-with",
            fix=f"Configure the handler {handler} in the runtime of the nodes that run such pods, or mend the "
            f"handler of RuntimeClass {runtime.name}, or name another in {called(pod.holder)}.",
        )  # fmt: skip
    for row in containers.ended(pod):
        part = containers.name(row)
        code = int(row[Container.exit] or 0)
        if code == 0 or code in (126, 127) or code > 128 or not containers.own_end(row):
            continue
        words = containers.words(pod, row)
        chosen = configuration.refused(pod, part, words) or configuration.unserved(pod, part, words)
        if chosen is None:
            continue
        record, setting = chosen
        at = setting.at
        yield found(
            "config-wrong",
            at,
            record,
            setting,
            part=part if at == pod.holder else "",
            via="" if at == pod.holder else "configured-by",
            fix=f"{configuration.change(setting)} of {called(at)}: {configuration.why(record, setting, part)}"
            f"{LOCKED if locked(at) else ''}.",
            command=edit(at),
        )
