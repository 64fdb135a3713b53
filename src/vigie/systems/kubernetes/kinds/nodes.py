"""Nodes, the leases by which components say that they live, and what ranks and wraps pods on a node."""

from vigie.kit import Kind, Rows, anything, flag, mapping, number, text, time


class Node(Kind, api="v1", short="no", namespaced=False):
    """A machine that runs pods."""

    unschedulable = flag("spec.unschedulable", "whether it is cordoned: no new pods")
    allocatable = mapping("status.allocatable", "what pods may take of it")
    capacity = mapping("status.capacity", "what it has in all")
    pod_range = text("spec.podCIDR", "the addresses of its pods")
    provider = text("spec.providerID", "the machine's name at its cloud")
    boot = text("status.nodeInfo.bootID", "changes with every boot")
    kubelet = text("status.nodeInfo.kubeletVersion", "the version of its kubelet")
    runtime = text("status.nodeInfo.containerRuntimeVersion", "its container runtime")


class Taint(Rows, of=Node, at="spec.taints[]"):
    """A mark that keeps pods away unless they tolerate it."""

    taint = text("key", "what it is about")
    value = text("value", "its value")
    effect = text("effect", "NoSchedule, PreferNoSchedule or NoExecute")
    added = time("timeAdded", "when it was put on")


class NodeAddress(Rows, of=Node, at="status.addresses[]"):
    """One address of a node."""

    form = text("type", "InternalIP, ExternalIP or Hostname")
    address = text("address", "the address")


class Lease(Kind, api="coordination.k8s.io/v1"):
    """A promise that must be renewed: by each kubelet for its node, by the leader of each controller."""

    holder = text("spec.holderIdentity", "who renews it")
    renewed = time("spec.renewTime", "when it was last renewed")
    acquired = time("spec.acquireTime", "since when this holder has it")
    duration = number("spec.leaseDurationSeconds", "seconds after which it counts as lost")
    transitions = number("spec.leaseTransitions", "how often its holder changed")


class PriorityClass(Kind, api="scheduling.k8s.io/v1", short="pc", namespaced=False):
    """A name for a rank among pods."""

    value = number("value", "the rank")
    default = flag("globalDefault", "whether pods without a class get it")
    preemption = text("preemptionPolicy", "whether its pods may displace others")


class RuntimeClass(Kind, api="node.k8s.io/v1", namespaced=False):
    """A way of running containers that a node may offer."""

    handler = text("handler", "the runtime's own name for it")
    overhead = mapping("overhead.podFixed", "what it takes beside the containers")
    selector = mapping("scheduling.nodeSelector", "the nodes that offer it")
    tolerations = anything("scheduling.tolerations", "the taints that its pods tolerate")


class Component(Kind, api="v1"):
    """A part of Kubernetes that runs as a process without a pod; known only by what it does and leaves undone."""


class ComponentStatus(Kind, api="v1", short="cs", namespaced=False):
    """What the API server says of a part of the control plane when it is asked (deprecated, still served)."""


class VolumeInUse(Rows, of=Node, at="status.volumesAttached[]"):
    """A volume that is attached to a node."""

    volume = text("name", "the plug-in and the volume's handle")
    device = text("devicePath", "where it is attached")


class NodeHeartbeat(Rows, of=Node, at="status.conditions[]"):
    """When a kubelet last said something about its node."""

    condition = text("type", "the condition")
    heard = time("lastHeartbeatTime", "when it was last said")


class CloudAccount(Kind, api="v1", namespaced=False):
    """The account, subscription or project at a cloud that pays for nodes and volumes; known only by its refusals."""
