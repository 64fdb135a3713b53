"""Errors that a person reads: one line that says what, where, and what to do."""


class VigieError(Exception):
    """A condition the user can act on; the command line prints it as one line and exits with 2.

    `what` is the problem, `where` the file, URL or field it was met in, `fix` the next step in the imperative.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return f"{line}; {self.fix}" if self.fix else line


class UsageError(VigieError):
    """The question itself is wrong: an unknown kind, flag or rule."""


class DeclarationError(VigieError):
    """A system declares something that cannot be: a clash of names, an unknown edge or kind."""
