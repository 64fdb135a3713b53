"""What the volume controllers, provisioners and kubelets say of claims, volumes and their attachment."""

from vigie.kit import column, condition, event
from vigie.systems.kubernetes.kinds.storage import VolumeAttachment

_NAME = r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?"
_Q = r"[\"'\\]*"

CLAIMS = (
    event(
        "class-not-found",
        "PersistentVolumeClaim",
        "ProvisioningFailed",
        "The claim's StorageClass does not exist.",
        pattern=rf"storageclass(?:\.storage\.k8s\.io)? {_Q}(?P<class>{_NAME}){_Q} not found",
        names={"class": "storage.k8s.io/StorageClass"},
    ),
    event(
        "provisioning-failed", "PersistentVolumeClaim", "ProvisioningFailed", "No volume could be made for the claim."
    ),
    event(
        "provisioner-awaited",
        "PersistentVolumeClaim",
        "ExternalProvisioning",
        "An external provisioner is waited for.",
        pattern=rf"external provisioner {_Q}(?P<driver>[^\s\"']+?){_Q}(?:,| or)",
    ),
    event("claim-unbound", "PersistentVolumeClaim", "FailedBinding", "No volume fits the claim."),
    event(
        "claim-waits-for-pod",
        "PersistentVolumeClaim",
        ("WaitForFirstConsumer", "WaitForPodScheduled"),
        "The claim waits for its pod to be placed.",
    ),
    event(
        "claim-mismatch",
        "PersistentVolumeClaim",
        ("VolumeMismatch", "ClaimMisbound"),
        "The volume asked for does not fit.",
    ),
    event("claim-lost", "PersistentVolumeClaim", "ClaimLost", "The claim's volume is gone."),
    event(
        "resize-failed",
        "PersistentVolumeClaim",
        ("VolumeResizeFailed", "FileSystemResizeFailed", "ExternalExpanding"),
        "The volume could not be resized.",
        type="Warning",
    ),
    condition(
        "resize-failed",
        "PersistentVolumeClaim",
        ("ControllerResizeError", "NodeResizeError", "ModifyVolumeError"),
        "The volume could not be changed.",
        broken=True,
    ),
    condition(
        "resizing",
        "PersistentVolumeClaim",
        ("Resizing", "FileSystemResizePending"),
        "The volume is being resized.",
        broken=False,
    ),
)

ATTACHMENTS = (
    column(
        "attach-error",
        "storage.k8s.io/VolumeAttachment",
        VolumeAttachment.attach_error,
        "The volume could not be attached.",
        at=VolumeAttachment.attach_failed,
        broken=False,
    ),
    column(
        "detach-error",
        "storage.k8s.io/VolumeAttachment",
        VolumeAttachment.detach_error,
        "The volume could not be detached.",
        at=VolumeAttachment.detach_failed,
        broken=False,
    ),
)

PODS = (
    condition(
        "claim-not-found",
        "Pod",
        "PodScheduled",
        "A claim that the pod mounts does not exist.",
        status="False",
        pattern=rf"persistentvolumeclaim {_Q}(?P<claim>{_NAME}){_Q} not found",
        names={"claim": "PersistentVolumeClaim"},
        broken=False,
    ),
    event(
        "claim-not-found",
        "Pod",
        ("FailedScheduling", "FailedMount"),
        "A claim that the pod mounts does not exist.",
        pattern=rf"persistentvolumeclaim {_Q}(?P<claim>{_NAME}){_Q} not found",
        names={"claim": "PersistentVolumeClaim"},
    ),
    event(
        "volume-multi-attach",
        "Pod",
        "FailedAttachVolume",
        "The volume is attached to another node.",
        pattern=rf"Multi-Attach error for volume {_Q}(?P<volume>[^\"'\s]+?){_Q}[ .]",
        names={"volume": "PersistentVolume"},
    ),
    event(
        "volume-attach-failed",
        "Pod",
        "FailedAttachVolume",
        "The volume could not be attached.",
        pattern=rf"AttachVolume\.\w+ failed for volume {_Q}(?P<volume>[^\"'\s]+?){_Q} ?:",
        names={"volume": "PersistentVolume"},
    ),
    event("volume-attach-failed", "Pod", "FailedAttachVolume", "The volume could not be attached."),
    event(
        "volume-not-mounted",
        "Pod",
        ("FailedMount", "FailedMapVolume", "FailedMountOnFilesystemMismatch"),
        "A volume could not be mounted.",
    ),
)
