"""The command line: kubectl's letters, answers on stdout, everything else on stderr, exit codes 0, 1, 2 and 3."""

from vigie.cli.main import main

__all__ = ["main"]
