from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import containers, dependencies
from vigie.systems.kubernetes.fixes import called, edit
from vigie.systems.kubernetes.joins import dig, words
from vigie.systems.kubernetes.kinds.network import Service


@rule(
    "K8S1301",
    on="Pod",
    signal=("container-ended", "pod-not-ready"),
    where=containers.failed,
    per="template",
    causes=("dns-name-unknown",),
    severity="high",
    since="0.1.0",
    strength=0.88,
)
def dns_name_unknown(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A process calls a name that no Service has.

    ## Why is this bad
    The cluster's DNS answers, and says that there is no such name: the Service was never made, was renamed or deleted,
    lives in another namespace, or the name is misspelt where it is configured.

    ## Fix
    Call the Service by its name (`NAME.NAMESPACE` from another namespace), or make the Service that is asked for.
    """
    for row, failed in dependencies.calls(pod):
        part = containers.name(row)
        for failure in failed:
            target = failure.target
            if failure.trouble != "name-unknown" or target is None or target.key != Service.key:
                continue
            if target.read and dependencies.serving(target) and (own := _resolver(pod)):
                yield found(
                    "dns-name-unknown",
                    pod.holder,
                    failure.record,
                    own,
                    fix=f"Mend dnsPolicy and dnsConfig of {called(pod.holder)}: they do not find {called(target)}.",
                )
            if target[Service.type] == "ExternalName":
                yield found(
                    "dns-name-unknown",
                    target,
                    failure.record,
                    target.proof(Service.external_name),
                    via="calls",
                    fix=f"Set spec.externalName of {called(target)} to a name that can be resolved.",
                    command=edit(target),
                )
            if target.exists is not False:
                continue
            setting = dependencies.naming(pod, part, failure.address.host)
            where = f"{setting.key} of {called(setting.at)}" if setting else f"container {part} of {called(pod.holder)}"
            yield found(
                "dns-name-unknown",
                target,
                failure.record,
                target.absence(),
                *([setting] if setting else []),
                via="calls",
                fix=f"Make {called(target)}, or mend its name in {where}.",
            )


def _resolver(pod: Entity) -> Proof | None:
    """The pod's own settings of name resolution, where they are not those of the cluster."""
    policy, searches = dig(pod.body, "spec", "dnsPolicy"), words(pod.body, "spec", "dnsConfig", "searches")
    if policy == "None":
        return Proof(pod, "spec.dnsConfig.searches", ", ".join(searches), None, pod.pointer)
    if policy == "Default" or (policy == "ClusterFirst" and dig(pod.body, "spec", "hostNetwork") is True):
        return Proof(pod, "spec.dnsPolicy", str(policy), None, pod.pointer)
    return None
