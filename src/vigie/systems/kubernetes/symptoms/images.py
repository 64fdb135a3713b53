"""What kubelets and container runtimes say of images that they cannot get."""

from vigie.kit import column, event
from vigie.systems.kubernetes.kinds.workloads import Container

_REASONS = (
    "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError",
    "RegistryUnavailable", "SignatureValidationFailed",
)  # fmt: skip

IMAGES = (
    column(
        "image-refused", "Pod", Container.waiting, "A container waits for an image that cannot be had.",
        values=_REASONS, part=Container.name, message=Container.waiting_message, broken=False,
    ),
    event(
        "image-refused", "Pod", "Failed", "An image could not be pulled, and the runtime says why.",
        pattern=r"^Failed to pull image \"(?P<image>[^\"]+)\": (?P<why>.+)$",
    ),
    event(
        "image-refused", "Pod", ("ErrImageNeverPull", "InspectFailed"), "An image is not there, or its name does "
            "not parse.",
        pattern=r"(?:[Ii]mage|apply default image tag) \"(?P<image>[^\"]+)\"(?P<why>.*)$",
    ),
    event(
        "image-refused", "Pod", "FailedCreatePodSandBox", "The image that every pod of a node needs cannot be pulled.",
        pattern=r"failed to (?:get|pull) sandbox image \"(?P<image>[^\"]+)\": (?P<why>.+)$",
    ),
    event(
        "image-asked-for", "Pod", "Pulling", "An image is asked for.", pattern=r"^Pulling image \"(?P<image>[^\"]+)\"",
    ),
    event("image-answered", "Pod", ("Pulled", "Failed", "BackOff", "Created"), "An image was got, or refused."),
    event(
        "pull-secret-absent", "Pod", "FailedToRetrieveImagePullSecret", "A pull secret that the pod names is not "
            "there.",
        pattern=r"\((?P<secret>[a-z0-9][-a-z0-9.]*)(?:, [^)]*)?\)", names={"secret": "Secret"},
    ),
)  # fmt: skip
