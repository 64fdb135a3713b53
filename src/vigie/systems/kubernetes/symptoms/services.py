"""What controllers say of Services."""

from vigie.kit import event

LOAD_BALANCER_FAILURES = (
    "SyncLoadBalancerFailed", "CreatingLoadBalancerFailed", "UnAvailableLoadBalancer", "LoadBalancerUpdateFailed",
    "UpdateLoadBalancerFailed", "AllocationFailed", "FailedDeployModel", "FailedBuildModel",
    "FailedToCreateLoadBalancer", "FailedEnsureLoadBalancer",
)  # fmt: skip

LOAD_BALANCER = (
    event("load-balancer-failed", "Service", LOAD_BALANCER_FAILURES, "No load balancer could be made.", type="Warning"),
)
