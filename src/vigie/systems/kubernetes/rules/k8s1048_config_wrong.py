from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Record, found, rule
from vigie.systems.kubernetes import containers, dependencies, environment
from vigie.systems.kubernetes.environment import Setting
from vigie.systems.kubernetes.fixes import called, edit
from vigie.systems.kubernetes.kinds.workloads import Container


@rule(
    "K8S1048",
    on="Pod",
    signal="container-ended",
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
    for row in containers.ended(pod):
        part = containers.name(row)
        code = int(row[Container.exit] or 0)
        if code == 0 or code in (126, 127) or code > 128 or not containers.own_end(row):
            continue
        said = containers.words(pod, row)
        chosen = _refused(pod, part, said) or _unserved(pod, part, said)
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
            fix=f"Mend {setting.key} in {setting.field} of {called(at)}: {part} does not accept it.",
            command=edit(at),
        )


def _refused(pod: Entity, part: str, said: tuple[Record, ...]) -> tuple[Record, Setting] | None:
    """The newest complaint that quotes a setting of the container."""
    read = environment.settings(pod, part)
    for record in said:
        if record.trouble in ("", "tls", "denied"):
            setting = environment.quoted(record.text, read) or environment.line_quoted(containers.around(record), read)
        else:
            setting = environment.value_refused(record.text, read)
        if setting is not None:
            return record, setting
    return None


def _unserved(pod: Entity, part: str, said: tuple[Record, ...]) -> tuple[Record, Setting] | None:
    """A failed call to a Service on a port that it does not have, where a setting of the container names that port."""
    for failure in dependencies.failures(pod, said):
        target, port = failure.target, failure.address.port
        if failure.trouble not in ("refused", "timeout", "no-route") or target is None:
            continue
        if dependencies.serves(target, port) is not False:
            continue
        for setting in environment.settings(pod, part):
            if dependencies.names(pod, setting.value, target, port):
                return failure.record, setting
    return None
