"""What a cluster relies on and does not hold: registries and other hosts, known by how they are named."""

from vigie.kit import Kind


class Registry(Kind, api="v1", namespaced=False, plural="registries"):
    """A registry of images: `host` or `host:port` as image references write it; docker.io where they write none."""


class Host(Kind, api="v1", namespaced=False):
    """A host outside the cluster, as a program's log names it."""
