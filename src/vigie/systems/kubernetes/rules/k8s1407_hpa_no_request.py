import re
from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import commands, scaling
from vigie.systems.kubernetes.joins import dig, listed

_LACKS = re.compile(
    r"missing request for (?P<resource>[\w./-]+)(?: (?:in|on) container (?P<container>[\w.-]+))?(?: (?:of|in) [Pp]od "
    r"(?P<pod>[\w./-]+))?"
)


@rule(
    "K8S1407",
    on="HorizontalPodAutoscaler",
    signal="metric-unread",
    causes=("hpa-no-request",),
    severity="medium",
    since="0.1.0",
    strength=0.95,
)
def hpa_no_request(scaler: Entity, graph: Graph) -> Iterator[Outcome]:
    """An autoscaler is to hold a percentage of a request that a container does not set.

    ## Why is this bad
    A utilization is the usage divided by the request. One container without it is enough, and the autoscaler does
    nothing at all.

    ## Fix
    Set `resources.requests` in each container of the pod template, or use an `averageValue` as the target.
    """
    said = scaler.signals("metric-unread")[-1]
    lacks = _LACKS.search(said.text)
    target = scaling.target(scaler)
    if lacks is None or target is None:
        return
    resource, part = lacks["resource"], lacks["container"] or ""
    proofs = [
        Proof(target, f"spec.template.spec.containers[{index}].resources.requests", None, None, target.pointer)
        for index, container in enumerate(listed(target.body, "spec", "template", "spec", "containers"))
        if resource not in (dig(container, "resources", "requests") or ())
        and (not part or container.get("name") == part)
    ]
    which = f"container {part}" if part else "each container"
    wanted = (f"--containers={part}",) if part else ()
    yield found(
        "hpa-no-request", target, said, *proofs, part=part, via="scales",
        fix=f"Set resources.requests.{resource} in {which} of {target.kind} {target.namespace}/{target.name}.",
        command=commands.kubectl("set resources", target, *wanted, f"--requests={resource}={_least(resource)}"),
    )  # fmt: skip


def _least(resource: str) -> str:
    return "100m" if resource == "cpu" else "128Mi"
