"""What workload controllers, autoscalers and Jobs say of themselves."""

from vigie.kit import condition, event
from vigie.systems.kubernetes import jobs

ROLLOUT = (
    condition(
        "rollout-failed", "apps/Deployment", "Progressing", "A rollout made no progress within its deadline.",
        status="False", reason="ProgressDeadlineExceeded",
    ),
    condition(
        "unavailable", "apps/Deployment", "Available", "Fewer pods are available than must be.",
        status="False", broken=False,
    ),
)  # fmt: skip

JOBS = (
    condition(
        "job-gave-up", "batch/Job", jobs.FAILED, "It failed too often.", broken=False,
        reason=("BackoffLimitExceeded", "PodFailurePolicy", "MaxFailedIndexesExceeded", "FailedIndexes"),
    ),
    condition(
        "job-overdue", "batch/Job", jobs.FAILED, "It ran longer than it may.", broken=False, reason="DeadlineExceeded"
    ),
    event("job-gave-up", "batch/Job", "BackoffLimitExceeded", "Its controller told that it failed too often."),
    event("job-overdue", "batch/Job", "DeadlineExceeded", "Its controller told that it ran longer than it may."),
    event("run-skipped", "batch/CronJob", "JobAlreadyActive", "A run was skipped, for the one before still goes on."),
    event("run-missed", "batch/CronJob", ("MissSchedule", "TooManyMissedTimes"), "A run was not started in time."),
    event(
        "schedule-unreadable", "batch/CronJob",
        ("UnparseableSchedule", "UnParseableCronJobSchedule", "InvalidSchedule", "UnknownTimeZone"),
        "Its schedule or time zone cannot be read.",
    ),
)  # fmt: skip

SCALING = (
    condition(
        "metric-unread", "HorizontalPodAutoscaler", "ScalingActive", "It cannot compute how many pods it needs.",
        status="False", broken=False,
        reason=(
            "FailedGetResourceMetric", "FailedGetContainerResourceMetric", "FailedGetPodsMetric",
            "FailedGetObjectMetric", "FailedGetExternalMetric", "FailedComputeMetricsReplicas",
            "InvalidMetricSourceType",
        ),
    ),
    condition(
        "target-unread", "HorizontalPodAutoscaler", "AbleToScale",
        "It cannot read or set the number of its target's pods.",
        status="False", reason=("FailedGetScale", "FailedUpdateScale"), broken=False,
    ),
    condition(
        "at-maximum", "HorizontalPodAutoscaler", "ScalingLimited", "It may not make more pods.",
        status="True", reason="TooManyReplicas", broken=False,
    ),
)  # fmt: skip
