"""Syntaxes: each module decodes one and knows nothing of what a document means."""
