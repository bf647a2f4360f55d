"""A service's life: load, warm up, self-test, serve, drain; its metrics."""
