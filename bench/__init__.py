"""Benchmarks: each prints figures and ratios against a named peer of the same run."""
