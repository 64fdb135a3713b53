"""What the lab tells its user when it cannot go on."""


class LabError(Exception):
    """One clear line: what failed, where, and what to do about it."""
