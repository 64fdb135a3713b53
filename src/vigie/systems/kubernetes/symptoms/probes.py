"""What kubelets say of probes."""

from vigie.kit import event

PROBES = (
    event(
        "probe-failed", "Pod", "Unhealthy", "A probe of a container failed.",
        pattern=r"^(?P<probe>Liveness|Readiness|Startup) probe (?:failed|"
                r"errored(?: and resulted in \w+ state)?): ?(?P<why>.*)$",
    ),
    event("probe-failed", "Pod", "ProbeWarning", "A probe was answered in an odd way.",
        pattern=r"^(?P<probe>Liveness|Readiness|Startup) probe warning: (?P<why>.*)$"),
)  # fmt: skip
