"""Makers of archives, and a reader that says what came out of one."""

import io
import tarfile
import zipfile
from collections.abc import Callable

from vigie.model.evidence import Evidence, Gap
from vigie.sources import Limits, open_source

Members = dict[str, bytes]


def tar_bytes(members: Members, compression: str = "", extra: Callable[[tarfile.TarFile], None] | None = None) -> bytes:
    """A tar archive of `members`; `extra` may add whatever a normal archiver would not."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{compression}", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        if extra:
            extra(archive)
    return out.getvalue()


def zip_bytes(members: Members, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of `members`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


class Reading:
    """What a source yielded: documents by origin, and gaps."""

    def __init__(self, argument: str, *, stdin: bytes | None = None, limits: Limits | None = None) -> None:
        self.order: list[str] = []
        self.documents: dict[str, bytes] = {}
        self.media: dict[str, str] = {}
        self.gaps: list[Gap] = []
        for found in open_source(argument, stdin=io.BytesIO(stdin) if stdin is not None else None, limits=limits):
            if isinstance(found, Gap):
                self.gaps.append(found)
                continue
            assert isinstance(found, Evidence)
            with found.open() as first, found.open() as second:
                data = first.read()
                assert second.read() == data, "each opening starts anew"
            assert found.size in (None, len(data))
            self.order.append(found.origin)
            self.documents[found.origin] = data
            self.media[found.origin] = found.media

    def gap(self, part: str) -> Gap:
        """The one gap whose text or origin holds `part`."""
        (found,) = [gap for gap in self.gaps if part in gap.what or part in gap.origin]
        assert "\n" not in found.what
        return found
