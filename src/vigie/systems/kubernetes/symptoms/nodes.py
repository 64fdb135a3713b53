"""What kubelets, runtimes and the node controller say of nodes and of the pods on them."""

from vigie.kit import column, condition, event
from vigie.systems.kubernetes.kinds.workloads import Container, Pod

CONDITIONS = (
    condition(
        "node-silent", "Node", "Ready", "The kubelet posts no status, or never did.", status="Unknown", broken=True
    ),
    condition(
        "node-not-ready",
        "Node",
        "Ready",
        "The kubelet posts a status and says that the node is not ready.",
        status="False",
        broken=False,
    ),
    condition(
        "node-pressure",
        "Node",
        ("MemoryPressure", "DiskPressure", "PIDPressure"),
        "The node runs out of memory, disk or process numbers.",
        broken=True,
    ),
    condition(
        "node-network-unavailable",
        "Node",
        "NetworkUnavailable",
        "Nobody has made a network for the node's pods.",
        broken=False,
    ),
)

EVENTS = (
    event(
        "system-oom",
        "Node",
        "SystemOOM",
        "The node's kernel killed a process, for the node has no memory left.",
        pattern=r"victim process: (?P<process>.+?), pid: (?P<pid>\d+)",
    ),
    event(
        "eviction-threshold",
        "Node",
        "EvictionThresholdMet",
        "The kubelet begins to evict pods.",
        pattern=r"Attempting to reclaim (?P<resource>\S+)",
    ),
    event(
        "disk-full",
        "Node",
        ("FreeDiskSpaceFailed", "ImageGCFailed", "ContainerGCFailed"),
        "The kubelet cannot make room on the node's disk.",
    ),
    event("node-rebooted", "Node", "Rebooted", "The machine was started again."),
    event("node-shutdown", "Node", ("Shutdown", "NodeShutdown"), "The machine is being shut down."),
    event(
        "kubelet-failed", "Node", ("KubeletSetupFailed", "FailedNodeAllocatableEnforcement"), "The kubelet cannot work."
    ),
    event(
        "route-failed",
        "Node",
        "FailedToCreateRoute",
        "The cloud made no route to the node's pods.",
    ),
    event("no-pod-range", "Node", "CIDRNotAvailable", "No range of addresses is left for the node's pods."),
)

_ENDED = ("Evicted",)
REFUSED = (
    "OutOfcpu",
    "OutOfmemory",
    "OutOfpods",
    "OutOfephemeral-storage",
    "UnexpectedAdmissionError",
    "NodeAffinity",
    "NodePorts",
    "NodeName",
    "TaintToleration",
    "NodeResourcesFit",
    "NodeUnschedulable",
    "PodOSSelectorNodeLabelDoesNotMatch",
    "PodOSNotSupported",
    "InitContainerRestartPolicyForbidden",
    "PodFeatureUnsupported",
    "VolumeAttachmentLimitExceeded",
    "NodeShutdown",
    "Rejected",
    "TopologyAffinityError",
    "SMTAlignmentError",
    "InvalidNodeInfo",
)

PODS = (
    column(
        "evicted", "Pod", Pod.reason, "The kubelet evicted the pod.", values=_ENDED, message=Pod.message, broken=False
    ),
    event("evicted", "Pod", "Evicted", "The kubelet evicted the pod."),
    column(
        "kubelet-refused",
        "Pod",
        Pod.reason,
        "The kubelet refused the pod when it came.",
        values=REFUSED,
        message=Pod.message,
        broken=False,
    ),
    column(
        "kubelet-refused",
        "Pod",
        Pod.message,
        "The kubelet refused the pod when it came, and says so.",
        pattern=r"^Pod was rejected(?:: | as )",
        broken=False,
    ),
    column(
        "kubelet-refused",
        "Pod",
        Pod.reason,
        "The kubelet refused the pod, for its node has not enough of a resource.",
        pattern=r"^OutOf(?P<resource>\S+)$",
        broken=False,
    ),
    event("network-not-ready", "Pod", "NetworkNotReady", "The node's network plug-in is not ready."),
    event(
        "no-address-left",
        "Pod",
        "FailedCreatePodSandBox",
        "No address is left for the pod.",
        pattern=r"(?i)no ip addresses? available|no available ips?\b|failed to assign an ip address to container|"
        r"failed to allocate for range|no more ips? available|all ips exhausted|range is full|"
        r"could not allocate ip in range|no addresses available|insufficient ?(?:free)? ?ip|"
        r"no free ip|ip pool (?:is )?(?:exhausted|full)|address pool exhausted|not enough ips? available|"
        r"no more free affine blocks|assigned 0 out of \d+ requested ipv[46]|insufficientfreeaddresses|"
        r"insufficientcidrblocks|NoAvailableAddress|subnet .{0,60}(?:is full|has no (?:free|available) (?:ip|address))",
    ),
    event(
        "network-plugin-failed",
        "Pod",
        "FailedCreatePodSandBox",
        "The network plug-in could not connect the pod.",
        pattern=r"(?i)cni plugin not initialized|failed to (?:setup|set up|teardown) network for sandbox|"
        r"networkplugin cni failed|plugin type=\"[^\"]+\"|failed to find plugin|failed to load (?:CNI|netconf)|"
        r"cni config uninitialized|error adding pod \S+ to CNI network",
    ),
    event(
        "runtime-handler-absent",
        "Pod",
        "FailedCreatePodSandBox",
        "The node's container runtime does not know the handler that the pod's RuntimeClass names.",
        pattern=r"no runtime for \"(?P<handler>[^\"]+)\" is configured|"
        r"failed to find runtime handler (?P<listed>\S+) from runtime list|"
        r"(?i:runtimehandler) \"(?P<named>[^\"]+)\" not supported|runtime \"(?P<type>[^\"]+)\" binary not installed|"
        r"containerd-shim-(?P<shim>[\w-]+)\"?.{0,80}(?:file does not exist|not found in \$?PATH)",
    ),
    event(
        "sandbox-refused",
        "Pod",
        "FailedCreatePodSandBox",
        "The container runtime refuses the pod's security context.",
        pattern=r"(?i)apparmor|seccomp|sysctl|selinux|user namespaces? (?:is|are|not)|does not support user namespaces",
    ),
    event(
        "image-no-space",
        "Pod",
        "Failed",
        "No space is left on the node for an image.",
        pattern=r"(?i)no space left on device|disk quota exceeded",
    ),
)

IMAGE_SPACE = (
    column(
        "image-no-space",
        "Pod",
        Container.waiting,
        "No space is left on the node for an image.",
        values=("ErrImagePull", "ImagePullBackOff"),
        message=Container.waiting_message,
        part=Container.name,
        pattern=r"(?i)no space left on device|disk quota exceeded",
        broken=False,
    ),
)
