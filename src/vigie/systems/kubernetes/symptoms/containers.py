"""What kubelets say of containers."""

from vigie.kit import column, condition, event
from vigie.systems.kubernetes.kinds.workloads import Container, Pod

_NAME = r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?"
_QUOTED = r"[\"']"

WAITING = (
    column(
        "container-waiting", "Pod", Container.waiting, "A container waits, and its kubelet says why.",
        part=Container.name, message=Container.waiting_message, broken=False,
    ),
    column(
        "container-ended", "Pod", Container.exit, "A container has ended, now or before it was started again.",
        part=Container.name, at=Container.ended_at, broken=False,
    ),
    column(
        "pod-reason", "Pod", Pod.reason, "The kubelet or a controller says why a pod is in its phase.",
        message=Pod.message, broken=False,
    ),
    condition(
        "pod-not-ready", "Pod", "Ready", "A pod does not take traffic.", status=("False", "Unknown"), broken=False
    ),
)  # fmt: skip

TOLD = (
    event(
        "container-start-failed", "Pod", "Failed", "A container could not be made or started.",
        pattern=r"^Error: (?P<why>.+)$",
    ),
    event(
        "container-killed", "Pod", "Killing", "A kubelet ends a container.",
        pattern=rf"(?P<what>[Cc]ontainer) (?P<container>{_NAME}) (?P<why>failed (?:liveness|startup) probe|"
                rf"definition changed)",
    ),
    event(
        "hook-failed", "Pod", ("FailedPostStartHook", "FailedPreStopHook"), "A hook of a container's life cycle "
            "failed.",
    ),
    event(
        "grace-exceeded", "Pod", "ExceededGracePeriod", "A container did not end within its grace period.",
    ),
    event("deadline-exceeded", "Pod", "DeadlineExceeded", "A pod ran longer than it may."),
)  # fmt: skip

LACKING = (
    column(
        "config-object-missing", "Pod", Container.waiting_message, "A container needs an object that is not there.",
        pattern=rf"^(?P<kind>configmap|secret) {_QUOTED}?(?P<name>{_NAME}){_QUOTED}? not found",
        part=Container.name, broken=False,
    ),
    column(
        "config-key-missing", "Pod", Container.waiting_message, "A container needs a key that its object does not "
            "have.",
        pattern=rf"couldn't find key (?P<key>\S+) in (?P<kind>ConfigMap|Secret) (?P<space>{_NAME})/(?P<name>{_NAME})",
        part=Container.name, broken=False,
    ),
    event(
        "config-object-missing", "Pod", "Failed", "A container needs an object that is not there.",
        pattern=rf"^Error: (?P<kind>configmap|secret) {_QUOTED}?(?P<name>{_NAME}){_QUOTED}? not found",
    ),
    event(
        "config-key-missing", "Pod", "Failed", "A container needs a key that its object does not have.",
        pattern=rf"couldn't find key (?P<key>\S+) in (?P<kind>ConfigMap|Secret) (?P<space>{_NAME})/(?P<name>{_NAME})",
    ),
    event(
        "config-object-missing", "Pod", "FailedMount", "A volume needs an object that is not there.",
        pattern=rf"(?:references non-existent )?(?P<kind>configmap|secret)s? {_QUOTED}(?:(?P<space>{_NAME})/)?"
        rf"(?P<name>{_NAME}){_QUOTED} not found",
    ),
    event(
        "config-key-missing", "Pod", "FailedMount", "A volume needs a key that its object does not have.",
        pattern=rf"volume {_QUOTED}(?P<volume>{_NAME}){_QUOTED} ?: .*?"
        r"references non-existent (?P<kind>config|secret) key: ?(?P<key>\S+)",
    ),
)  # fmt: skip
