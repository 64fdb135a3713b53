"""What conditions, events and columns of Kubernetes mean."""
