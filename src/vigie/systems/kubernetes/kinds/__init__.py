"""The built-in kinds of Kubernetes."""
