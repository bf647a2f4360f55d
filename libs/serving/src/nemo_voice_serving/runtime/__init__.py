"""A service's life: load, warm up, self-test, serve, drain; and what Prometheus reads of it."""
