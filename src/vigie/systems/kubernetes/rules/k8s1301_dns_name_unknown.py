from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import containers, dependencies
from vigie.systems.kubernetes.fixes import called, edit, restart, unsaid
from vigie.systems.kubernetes.kinds.network import Service
from vigie.systems.kubernetes.kinds.workloads import Pod


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
    yield from _peers(pod, graph)
    for row, failed in dependencies.calls(pod):
        part = containers.name(row)
        for failure in failed:
            target = failure.target
            if failure.trouble != "name-unknown" or target is None or target.key != Service.key:
                continue
            if target.read and dependencies.serving(target) and (own := dependencies.resolver(pod)):
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
            where = f"{setting.key} of {called(setting.at)}" if setting else unsaid(pod, part)
            yield found(
                "dns-name-unknown",
                target,
                failure.record,
                target.absence(),
                *([setting] if setting else []),
                via="calls",
                fix=f"Make {called(target)}, or mend its name in {where}.",
                command=restart(pod.holder) if setting is None else None,
            )


def _peers(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """Peers that wait for each other's names, which a headless Service gives to ready pods only."""
    for service, member, record in dependencies.unnamed_peers(pod):
        yield found(
            "dns-name-unknown", service, record, service.proof(Service.ip), member.proof(Pod.phase), via="selects",
            fix=f"Set spec.publishNotReadyAddresses of {called(service)} to true: its pods wait for the names of each "
            "other, which it gives only to those that are ready.",
            command=edit(service),
        )  # fmt: skip
