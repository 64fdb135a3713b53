"""What the API server and its controllers say of the API itself."""

from vigie.kit import condition

API = (
    condition(
        "api-unavailable", "APIService", "Available", "The server of an aggregated API does not answer.",
        status="False", broken=False,
    ),
    condition(
        "kind-unknown", "*",
        ("Ready", "Synced", "Released", "Reconciled", "Healthy", "Applied", "Available", "Progressing"),
        "A controller needs a kind that the API server does not serve.", status="False",
        pattern=r"no matches for kind \"(?P<kind>\w+)\" in (?:version|group) \"(?P<version>[^\"]+)\"",
    ),
)  # fmt: skip
