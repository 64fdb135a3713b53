"""Volumes: what is claimed, what there is, and what attaches it to nodes."""

from vigie.kit import Kind, Ref, Rows, anything, flag, mapping, number, text, time


class PersistentVolumeClaim(Kind, api="v1", short="pvc"):
    """A pod's wish for a volume."""

    phase = text("status.phase", "Pending, Bound or Lost")
    storage_class = text("spec.storageClassName", "the class that it wants; absent means the default, empty means none")
    old_class = text(
        'metadata.annotations["volume.beta.kubernetes.io/storage-class"]', "the class, as it was asked for before 1.6"
    )
    volume = text("spec.volumeName", "the volume that it is bound to, or wants to be")
    modes = anything("spec.accessModes", "how its pods may share it")
    requests = mapping("spec.resources.requests", "how much it wants")
    capacity = mapping("status.capacity", "how much it has")
    selector = anything("spec.selector", "the labels that its volume must have")
    volume_mode = text("spec.volumeMode", "Filesystem or Block")
    source = anything("spec.dataSource", "the snapshot or claim that it is made from")
    provisioner = text(
        'metadata.annotations["volume.kubernetes.io/storage-provisioner"]'
        ' | metadata.annotations["volume.beta.kubernetes.io/storage-provisioner"]',
        "who was asked to make its volume",
    )
    chosen_node = text(
        'metadata.annotations["volume.kubernetes.io/selected-node"]', "the node for which the scheduler asked for it"
    )
    resize = anything("status.allocatedResourceStatuses", "how far a resize has come")
    refs = (
        Ref("binds", "PersistentVolume", "spec.volumeName", layer="effective"),
        Ref("provisions-from", "StorageClass", "spec.storageClassName"),
    )


class PersistentVolume(Kind, api="v1", short="pv", namespaced=False):
    """A piece of storage."""

    phase = text("status.phase", "Pending, Available, Bound, Released or Failed")
    reason = text("status.reason", "why it failed")
    message = text("status.message", "the sentence behind it")
    storage_class = text("spec.storageClassName", "the class that it belongs to")
    capacity = mapping("spec.capacity", "how much it holds")
    modes = anything("spec.accessModes", "how it may be mounted")
    volume_mode = text("spec.volumeMode", "Filesystem or Block")
    reclaim = text("spec.persistentVolumeReclaimPolicy", "what becomes of it when its claim goes")
    node_affinity = anything("spec.nodeAffinity.required", "the nodes that can reach it")
    claim_namespace = text("spec.claimRef.namespace", "the namespace of the claim that it is kept for")
    claim_name = text("spec.claimRef.name", "the claim that it is kept for")
    claim_uid = text("spec.claimRef.uid", "that claim's uid")
    driver = text("spec.csi.driver", "the CSI driver that serves it")
    handle = text("spec.csi.volumeHandle", "its name at the driver")
    refs = (
        Ref("kept-for", "PersistentVolumeClaim", "spec.claimRef.name", namespace_at="namespace"),
        Ref("provisions-from", "StorageClass", "spec.storageClassName"),
        Ref("served-by", "CSIDriver", "spec.csi.driver"),
    )


class StorageClass(Kind, api="storage.k8s.io/v1", short="sc", namespaced=False):
    """A way of making volumes."""

    provisioner = text("provisioner", "who makes them")
    binding = text("volumeBindingMode", "Immediate or WaitForFirstConsumer")
    default = text(
        'metadata.annotations["storageclass.kubernetes.io/is-default-class"]'
        ' | metadata.annotations["storageclass.beta.kubernetes.io/is-default-class"]',
        "true where claims without a class get it",
    )
    reclaim = text("reclaimPolicy", "what becomes of its volumes when their claims go")
    expands = flag("allowVolumeExpansion", "whether its volumes may grow")
    topologies = anything("allowedTopologies", "where its volumes may be made")


class VolumeAttachment(Kind, api="storage.k8s.io/v1", namespaced=False):
    """The order to attach a volume to a node, and what came of it."""

    attacher = text("spec.attacher", "who attaches it")
    node = text("spec.nodeName", "the node")
    volume = text("spec.source.persistentVolumeName", "the volume")
    attached = flag("status.attached", "whether it is attached")
    attach_error = text("status.attachError.message", "why it could not be attached")
    attach_failed = time("status.attachError.time", "when that was tried")
    detach_error = text("status.detachError.message", "why it could not be detached")
    detach_failed = time("status.detachError.time", "when that was tried")
    refs = (
        Ref("attaches", "PersistentVolume", "spec.source.persistentVolumeName", layer="effective"),
        Ref("attached-to", "Node", "spec.nodeName", layer="effective"),
    )


class CSIDriver(Kind, api="storage.k8s.io/v1", namespaced=False):
    """What a storage driver can do."""

    attach = flag("spec.attachRequired", "whether its volumes must be attached to a node")
    capacity = flag("spec.storageCapacity", "whether the scheduler looks at how much it has left")


class CSINode(Kind, api="storage.k8s.io/v1", namespaced=False):
    """The storage drivers of one node."""


class NodeDriver(Rows, of=CSINode, at="spec.drivers[]"):
    """One storage driver on a node."""

    driver = text("name", "the driver")
    node_id = text("nodeID", "the node's name at the driver")
    limit = number("allocatable.count", "how many of its volumes the node can take")
    keys = anything("topologyKeys", "the labels that say where the node is")


class CSIStorageCapacity(Kind, api="storage.k8s.io/v1"):
    """How much a driver can still make somewhere."""

    storage_class = text("storageClassName", "the class that it counts for")
    capacity = text("capacity", "how much is left in all")
    largest = text("maximumVolumeSize", "the largest volume that can be made")
    topology = anything("nodeTopology", "the nodes that it counts for")
