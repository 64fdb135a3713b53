"""Reading XML from strangers: expat in a stream, without DTDs, so no entity can be declared, expanded or fetched."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.parsers import expat

from vigie.model.errors import VigieError

BLOCK = 1 << 20
DEEPEST = 10_000


class Parser:
    """Calls `start(name, attributes)` and `end(name, text)` for each element; names come without their prefix.

    `text` is the character data directly inside the element. Raises VigieError with file and line for anything that is
    not well-formed XML, or that carries a document type declaration.
    """

    def __init__(
        self, where: str, start: Callable[[str, Mapping[str, str]], None], end: Callable[[str, str], None]
    ) -> None:
        self.where = where
        self._start, self._end = start, end
        self._text: list[list[str]] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._on_start
        self._parser.EndElementHandler = self._on_end
        self._parser.CharacterDataHandler = self._on_text
        self._parser.StartDoctypeDeclHandler = self._on_doctype
        self._parser.EntityDeclHandler = self._on_doctype

    @property
    def here(self) -> str:
        """The file and line being read."""
        return f"{self.where}:{self._parser.CurrentLineNumber}"

    def read(self, path: Path) -> None:
        """Read the whole file."""
        try:
            with path.open("rb") as stream:
                while block := stream.read(BLOCK):
                    self._parser.Parse(block, False)
                self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise VigieError(
                f"not well-formed XML: {expat.ErrorString(error.code)}",
                where=f"{self.where}:{error.lineno}",
                fix="export it again",
            ) from None
        except ValueError as error:
            raise VigieError(
                f"not readable as XML: {error}", where=self.where, fix="export it again as UTF-8"
            ) from None
        except OSError as error:
            raise VigieError(f"cannot be read: {error.strerror}", where=self.where, fix="check the path") from None

    def _on_start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._text) >= DEEPEST:
            raise VigieError(f"elements nested deeper than {DEEPEST:,}", where=self.here, fix="export it again")
        self._text.append([])
        self._start(name.rpartition(":")[2], attributes)

    def _on_end(self, name: str) -> None:
        self._end(name.rpartition(":")[2], "".join(self._text.pop()))

    def _on_text(self, text: str) -> None:
        if self._text:
            self._text[-1].append(text)

    def _on_doctype(self, *_: object) -> None:
        raise VigieError(
            "a document type declaration is not accepted", where=self.here, fix="remove the <!DOCTYPE> part"
        )


def finite(text: str | None, name: str, where: str) -> float:
    """The finite number in `text`. Raises VigieError naming the field."""
    try:
        value = float(text) if text is not None else float("nan")
    except ValueError:
        raise VigieError(f"{name} is not a number: {text!r:.60}", where=where, fix="correct the file") from None
    if not math.isfinite(value):
        raise VigieError(f"{name} is not a finite number: {text!r:.60}", where=where, fix="correct the file")
    return value
