"""Telling a Troubleshoot bundle by its top level, and a damaged one by its missing version.yaml."""

import re
from collections.abc import Iterable

from vigie.model.errors import VigieError

_BUNDLE = re.compile(r"(?:support-bundle|preflightbundle)")
_RESOURCES, _VERSION = "cluster-resources", "version.yaml"


def is_bundle_name(directory: str) -> bool:
    """Whether a directory is named as the top of a bundle."""
    return _BUNDLE.match(directory) is not None


class TopLevel:
    """What the first two levels of an archive or directory show; fed one member path at a time, in any order."""

    def __init__(self) -> None:
        self._tops: set[str] = set()
        self._with_resources: set[str] = set()
        self._with_version: set[str] = set()

    def see(self, name: str) -> None:
        """Take note of a member; directories end with "/"."""
        top, _, rest = name.partition("/")
        if len(self._tops) < 3:
            self._tops.add(top)
        if top == _RESOURCES:
            self._with_resources.add("")
        if name == _VERSION:
            self._with_version.add("")
        second = rest.partition("/")[0]
        if second == _RESOURCES:
            self._with_resources.add(top)
        if rest == _VERSION:
            self._with_version.add(top)

    @property
    def root(self) -> str | None:
        """The directory of the bundle ("" for the top itself), or None if this is none."""
        if "" in self._with_resources:
            return ""
        if len(self._tops) == 1:
            (top,) = self._tops
            if top in self._with_resources or is_bundle_name(top):
                return top
        return None

    @property
    def complete(self) -> bool:
        """Whether this is a bundle with its version.yaml."""
        return self.root is not None and self.root in self._with_version

    def check(self, where: str) -> None:
        """Raises VigieError if this is a bundle without its version.yaml."""
        if self.root is not None and not self.complete:
            place = f"{self.root}/{_VERSION}" if self.root else _VERSION
            raise VigieError(
                f"this Troubleshoot bundle has no {place}, so it is damaged or incomplete",
                where=where,
                fix="collect it again, or unpack it and give the files you trust with -f",
            )


def check_names(names: Iterable[str], where: str) -> None:
    """Refuse a bundle without version.yaml; stops reading `names` as soon as it is found."""
    top = TopLevel()
    for name in names:
        top.see(name)
        if top.complete:
            return
    top.check(where)
