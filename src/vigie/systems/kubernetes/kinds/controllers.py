"""What makes pods and keeps their number: workloads, jobs, autoscalers, disruption budgets."""

from vigie.kit import Kind, Ref, Selector, anything, flag, mapping, number, text, time


class Deployment(Kind, api=("apps/v1", "extensions/v1beta1"), short="deploy", holds=True):
    """A number of equal pods, replaced by revisions."""

    replicas = number("spec.replicas", "how many pods are wanted")
    current = number("status.replicas", "how many pods of all revisions there are")
    updated = number("status.updatedReplicas", "how many pods of the newest revision there are")
    ready = number("status.readyReplicas", "how many are ready")
    available = number("status.availableReplicas", "how many are available")
    unavailable = number("status.unavailableReplicas", "how many are wanted and not available")
    paused = flag("spec.paused", "whether changes of its template wait")
    strategy = text("spec.strategy.type", "RollingUpdate or Recreate")
    deadline = number("spec.progressDeadlineSeconds", "seconds after which a rollout without progress has failed")
    revision = text('metadata.annotations["deployment.kubernetes.io/revision"]', "its newest revision")
    pod_labels = mapping("spec.template.metadata.labels", "the labels of the pods that it makes")


class ReplicaSet(Kind, api=("apps/v1", "extensions/v1beta1"), short="rs", holds=True):
    """The pods of one revision of a Deployment."""

    replicas = number("spec.replicas", "how many pods are wanted")
    current = number("status.replicas", "how many pods there are")
    ready = number("status.readyReplicas", "how many are ready")
    available = number("status.availableReplicas", "how many are available")
    revision = text('metadata.annotations["deployment.kubernetes.io/revision"]', "which revision it is")
    pod_labels = mapping("spec.template.metadata.labels", "the labels of the pods that it makes")


class ReplicationController(Kind, api="v1", short="rc", holds=True):
    """A number of equal pods, without revisions."""

    replicas = number("spec.replicas", "how many pods are wanted")
    current = number("status.replicas", "how many pods there are")
    ready = number("status.readyReplicas", "how many are ready")
    pod_labels = mapping("spec.template.metadata.labels", "the labels of the pods that it makes")


class StatefulSet(Kind, api="apps/v1", short="sts", holds=True):
    """Pods with a name, an order and a volume of their own."""

    replicas = number("spec.replicas", "how many pods are wanted")
    current = number("status.replicas", "how many pods there are")
    ready = number("status.readyReplicas", "how many are ready")
    available = number("status.availableReplicas", "how many are available")
    updated = number("status.updatedReplicas", "how many are of the newest revision")
    revision = text("status.currentRevision", "the revision that its pods had")
    update_revision = text("status.updateRevision", "the revision that its pods are to have")
    policy = text("spec.podManagementPolicy", "OrderedReady (the default) or Parallel")
    strategy = text("spec.updateStrategy.type", "RollingUpdate or OnDelete")
    first = number("spec.ordinals.start", "the lowest ordinal")
    service = text("spec.serviceName", "the Service that names its pods")
    pod_labels = mapping("spec.template.metadata.labels", "the labels of the pods that it makes")
    refs = (Ref("refers-to", "Service", "spec.serviceName"),)


class DaemonSet(Kind, api=("apps/v1", "extensions/v1beta1"), short="ds", holds=True):
    """One pod on each node that it is meant for."""

    desired = number("status.desiredNumberScheduled", "on how many nodes a pod is wanted")
    current = number("status.currentNumberScheduled", "on how many of them one runs")
    misplaced = number("status.numberMisscheduled", "on how many other nodes one runs")
    ready = number("status.numberReady", "how many are ready")
    available = number("status.numberAvailable", "how many are available")
    unavailable = number("status.numberUnavailable", "how many are wanted and not available")
    updated = number("status.updatedNumberScheduled", "how many are of the newest revision")
    strategy = text("spec.updateStrategy.type", "RollingUpdate or OnDelete")
    pod_labels = mapping("spec.template.metadata.labels", "the labels of the pods that it makes")


class Job(Kind, api="batch/v1", holds=True):
    """Pods that run until enough of them have succeeded."""

    parallelism = number("spec.parallelism", "how many pods may run at once")
    completions = number("spec.completions", "how many must succeed")
    backoff_limit = number("spec.backoffLimit", "how many failures it bears")
    deadline = number("spec.activeDeadlineSeconds", "seconds after which it is ended")
    suspended = flag("spec.suspend", "whether it is held back")
    active = number("status.active", "how many pods run")
    succeeded = number("status.succeeded", "how many have succeeded")
    failed = number("status.failed", "how many have failed")
    started = time("status.startTime", "when its controller took it up")
    completed = time("status.completionTime", "when it was complete")


class CronJob(Kind, api="batch/v1", short="cj", holds=True):
    """Jobs at the times of a schedule."""

    schedule = text("spec.schedule", "minute, hour, day of month, month, day of week")
    zone = text("spec.timeZone", "the time zone of the schedule; the controller's own where there is none")
    suspended = flag("spec.suspend", "whether it is held back")
    concurrency = text("spec.concurrencyPolicy", "Allow, Forbid or Replace")
    starting_deadline = number("spec.startingDeadlineSeconds", "seconds by which a run may be late")
    last_scheduled = time("status.lastScheduleTime", "the time of its last run by the schedule")
    last_succeeded = time("status.lastSuccessfulTime", "when a run last succeeded")
    refs = (
        Ref(
            "runs-now", "batch/Job", "status.active[].name", kind_at="kind", group_at="apiVersion",
            namespace_at="namespace", layer="effective",
        ),
    )  # fmt: skip


class HorizontalPodAutoscaler(Kind, api="autoscaling/v2", short="hpa"):
    """A number of pods that follows a metric."""

    minimum = number("spec.minReplicas", "the fewest pods")
    maximum = number("spec.maxReplicas", "the most pods")
    current = number("status.currentReplicas", "how many pods there are")
    desired = number("status.desiredReplicas", "how many the metric asks for")
    last_scaled = time("status.lastScaleTime", "when it last changed the number")
    target = text("spec.scaleTargetRef.name", "what it scales")
    refs = (Ref("scales", "", "spec.scaleTargetRef.name", kind_at="kind", group_at="apiVersion"),)


class PodDisruptionBudget(Kind, api="policy/v1", short="pdb"):
    """How many pods may be taken away at once."""

    minimum = anything("spec.minAvailable", "how many pods must stay available")
    maximum = anything("spec.maxUnavailable", "how many pods may be unavailable")
    healthy = number("status.currentHealthy", "how many pods are healthy")
    desired = number("status.desiredHealthy", "how many must be")
    expected = number("status.expectedPods", "how many pods it counts")
    allowed = number("status.disruptionsAllowed", "how many may be taken away now")
    refs = (Selector("guards", "Pod", "spec.selector", empty="all"),)


class ControllerRevision(Kind, api="apps/v1"):
    """One revision of a StatefulSet or DaemonSet."""

    revision = number("revision", "its number")


class PodTemplate(Kind, api="v1"):
    """A pod's specification kept by itself."""
