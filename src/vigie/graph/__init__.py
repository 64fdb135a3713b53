"""The typed graph: built from evidence, sealed, then only read."""
