"""The rules about what breaks in Kubernetes."""
