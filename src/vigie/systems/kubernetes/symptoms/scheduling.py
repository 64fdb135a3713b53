"""What the scheduler and the taint manager say of pods."""

from vigie.kit import column, condition, event
from vigie.systems.kubernetes.kinds.workloads import Pod

_NAME = r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?"

PLACED = (
    condition(
        "unschedulable",
        "Pod",
        "PodScheduled",
        "The scheduler finds no node for the pod.",
        status="False",
        reason="Unschedulable",
        broken=False,
    ),
    condition(
        "scheduler-error",
        "Pod",
        "PodScheduled",
        "The scheduler met an error while it placed the pod.",
        status="False",
        reason="SchedulerError",
        broken=False,
    ),
    condition(
        "scheduling-gated",
        "Pod",
        "PodScheduled",
        "The pod still has a scheduling gate.",
        status="False",
        reason="SchedulingGated",
        broken=False,
    ),
    event("failed-scheduling", "Pod", "FailedScheduling", "The scheduler found no node for the pod."),
    event(
        "no-scale-up",
        "Pod",
        "NotTriggerScaleUp",
        "The cluster autoscaler has no kind of node on which the pod would fit.",
    ),
)

DISPLACED = (
    column(
        "preempted",
        "Pod",
        Pod.reason,
        "The kubelet ended it to admit a critical pod.",
        values=("Preempting",),
        message=Pod.message,
        broken=False,
    ),
    condition(
        "preempted",
        "Pod",
        "DisruptionTarget",
        "A pod of higher priority takes its place.",
        reason="PreemptionByScheduler",
        broken=False,
    ),
    event(
        "preempted",
        "Pod",
        "Preempted",
        "A pod of higher priority took its place.",
        pattern=rf"(?:Preempted )?by (?:a )?(?:pod )?(?P<by>\S+?)(?: on node (?P<node>{_NAME}))?$",
        names={"node": "Node"},
    ),
)

DAEMONS = (
    event(
        "daemon-not-placed",
        "apps/DaemonSet",
        ("FailedPlacement", "FailedDaemonPod"),
        "The DaemonSet could not keep a pod on a node.",
    ),
    event("daemon-refused", "apps/DaemonSet", "FailedCreate", "The DaemonSet's pod was refused."),
)

CLOUD = (
    event(
        "scale-up-failed",
        "*",
        ("FailedToScaleUpGroup", "ScaleUpTimedOut", "FailedScaleUp", "BackoffAfterScaleUp"),
        "The cluster autoscaler could not add a node.",
    ),
    event("balancer-failed", "Service", "SyncLoadBalancerFailed", "The cloud made no load balancer."),
)
