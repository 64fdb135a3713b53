"""When an object of Kubernetes is not as it should be, by kind."""
