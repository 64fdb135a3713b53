"""Pods, and the nested lists of a pod that rules look at."""

from vigie.kit import Kind, Ref, Rows, anything, flag, mapping, number, text, time


def _environment(at: str) -> tuple[Ref, ...]:
    """What the containers of one list take their environment from."""
    return (
        Ref("reads", "ConfigMap", f"{at}[].env[].valueFrom.configMapKeyRef.name", optional="optional", key="key"),
        Ref("reads", "Secret", f"{at}[].env[].valueFrom.secretKeyRef.name", optional="optional", key="key"),
        Ref("reads", "ConfigMap", f"{at}[].envFrom[].configMapRef.name", optional="optional"),
        Ref("reads", "Secret", f"{at}[].envFrom[].secretRef.name", optional="optional"),
    )


class Pod(Kind, api="v1", short="po"):
    """Containers placed together on one node."""

    phase = text("status.phase", "Pending, Running, Succeeded, Failed or Unknown")
    reason = text("status.reason", "why it is in its phase: Evicted, DeadlineExceeded, NodeLost")
    message = text("status.message", "the sentence behind the reason")
    ip = text("status.podIP", "its address while it lives")
    host_ip = text("status.hostIP", "the address of its node")
    node = text("spec.nodeName", "the node that it is bound to")
    started = time("status.startTime", "when its kubelet accepted it")
    restart_policy = text("spec.restartPolicy", "Always, OnFailure or Never")
    service_account = text("spec.serviceAccountName", "the identity that it runs as")
    host_network = flag("spec.hostNetwork", "whether it shares its node's network")
    deadline = number("spec.activeDeadlineSeconds", "seconds that it may run in all")
    ending_grace = number("metadata.deletionGracePeriodSeconds", "seconds that its deletion gives it")
    scheduler = text("spec.schedulerName", "who places it")
    priority_class = text("spec.priorityClassName", "the name of its priority")
    priority = number("spec.priority", "its priority: the higher may displace the lower")
    nominated = text("status.nominatedNodeName", "the node on which others were preempted for it")
    overhead = mapping("spec.overhead", "what its runtime takes beside the containers")
    requests = mapping("spec.resources.requests", "what is reserved for the pod as a whole")
    keeps_away = anything(
        "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution", "the pods it must not be near"
    )
    refs = (
        Ref("schedules-on", "Node", "spec.nodeName", layer="effective"),
        Ref("uses-identity", "ServiceAccount", "spec.serviceAccountName"),
        Ref("mounts", "Secret", "spec.volumes[].secret.secretName", optional="optional"),
        Ref("mounts", "ConfigMap", "spec.volumes[].configMap.name", optional="optional"),
        Ref("mounts", "Secret", "spec.volumes[].projected.sources[].secret.name", optional="optional"),
        Ref("mounts", "ConfigMap", "spec.volumes[].projected.sources[].configMap.name", optional="optional"),
        Ref("mounts", "PersistentVolumeClaim", "spec.volumes[].persistentVolumeClaim.claimName"),
        Ref("mounts", "Secret", "spec.volumes[].csi.nodePublishSecretRef.name"),
        *_environment("spec.containers"),
        *_environment("spec.initContainers"),
        Ref("pulls-with", "Secret", "spec.imagePullSecrets[].name"),
        Ref("prioritised-by", "PriorityClass", "spec.priorityClassName"),
        Ref("runs-with", "RuntimeClass", "spec.runtimeClassName"),
    )


class Container(
    Rows,
    of=Pod,
    at=("status.containerStatuses[]", "status.initContainerStatuses[]", "status.ephemeralContainerStatuses[]"),
):
    """One container of a pod, as its kubelet last saw it."""

    name = text("name", "its name in the pod")
    image = text("image", "the image as the kubelet resolved it")
    ready = flag("ready", "whether its readiness probe passes")
    restarts = number("restartCount", "how often it was started again")
    waiting = text("state.waiting.reason", "why it does not run: ImagePullBackOff")
    waiting_message = text("state.waiting.message", "the sentence behind it")
    running_since = time("state.running.startedAt", "since when it runs")
    exit = number("state.terminated.exitCode | lastState.terminated.exitCode", "code of its last end")
    ended = text("state.terminated.reason | lastState.terminated.reason", "reason of its last end: OOMKilled, Error")
    end_message = text(
        "state.terminated.message | lastState.terminated.message", "what it or its runtime wrote about its last end"
    )
    end_signal = number("state.terminated.signal | lastState.terminated.signal", "the signal that ended it")
    ended_at = time("state.terminated.finishedAt | lastState.terminated.finishedAt", "when it last ended")
    began_at = time("state.terminated.startedAt | lastState.terminated.startedAt", "when what last ended began")
    exit_now = number("state.terminated.exitCode", "the code with which it lies ended now")


class ContainerSpec(Rows, of=Pod, at=("spec.containers[]", "spec.initContainers[]", "spec.ephemeralContainers[]")):
    """A container as it is specified; `row.list` tells ordinary, init and ephemeral ones apart."""

    name = text("name", "its name")
    image = text("image", "the image asked for")
    pull_policy = text("imagePullPolicy", "Always, IfNotPresent or Never")
    restart_policy = text("restartPolicy", "Always for an init container that runs beside the others")
    requests = mapping("resources.requests", "what the scheduler reserves for it")
    limits = mapping("resources.limits", "what it may use")
    ports = anything("ports", "the ports that it declares")
