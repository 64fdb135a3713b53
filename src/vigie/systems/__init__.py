"""The systems: one product, one folder. The pipeline finds them by their `SYSTEM`; they never import each other."""
