"""A real Kubernetes on one Linux host: a test tool, not part of the wheel. See README.md beside this file."""
