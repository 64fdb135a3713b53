"""What a namespace gives its pods: configuration, secrets, identities, limits."""

from vigie.kit import Entity, Kind, Ref, Rows, anything, flag, mapping, text


class ConfigMap(Kind, api="v1", short="cm"):
    """Configuration by key."""

    immutable = flag("immutable", "whether it may be changed")


class Secret(Kind, api="v1"):
    """Confidential values by key; vigie keeps the keys and their sizes only."""

    type = text("type", "Opaque, kubernetes.io/tls, kubernetes.io/dockerconfigjson, ...")
    immutable = flag("immutable", "whether it may be changed")


def keys(entity: Entity) -> frozenset[str]:
    """The keys of a ConfigMap or Secret; empty for one that was not read."""
    held = [entity.body.get(field) for field in ("data", "binaryData", "stringData")]
    return frozenset(str(key) for values in held if isinstance(values, dict) for key in values)


class ServiceAccount(Kind, api="v1", short="sa"):
    """An identity for pods."""

    mounts_token = flag("automountServiceAccountToken", "whether its pods get its token")
    refs = (
        Ref("pulls-with", "Secret", "imagePullSecrets[].name"),
        Ref("refers-to", "Secret", "secrets[].name"),
    )


class Namespace(Kind, api="v1", short="ns", namespaced=False):
    """A space for names, and the unit of most rights and limits."""

    phase = text("status.phase", "Active or Terminating")


class ResourceQuota(Kind, api="v1", short="quota"):
    """The most that the objects of a namespace may ask for together."""

    hard = mapping("status.hard | spec.hard", "the limits by resource")
    used = mapping("status.used", "what is taken of them")
    scopes = anything("spec.scopes", "which pods it counts")


class LimitRange(Kind, api="v1", short="limits"):
    """The least and most that one object of a namespace may ask for."""


class Limit(Rows, of=LimitRange, at="spec.limits[]"):
    """The limits of one type of object."""

    type = text("type", "Container, Pod or PersistentVolumeClaim")
    minimum = mapping("min", "the least by resource")
    maximum = mapping("max", "the most by resource")
    default = mapping("default", "the limit of a container that sets none")
    ratio = mapping("maxLimitRequestRatio", "the most that a limit may be of its request")
