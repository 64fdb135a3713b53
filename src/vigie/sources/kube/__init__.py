"""The Kubernetes API as a source: thin, read-only, on the standard library's HTTP and TLS."""

from vigie.sources.kube.cluster import Cluster
from vigie.sources.kube.record import save

__all__ = ["Cluster", "save"]
