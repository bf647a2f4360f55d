"""Dynamic batching: the backend port, the batch scheduler, admission, and the device thread."""
