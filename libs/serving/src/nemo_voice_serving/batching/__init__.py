"""The backend port, the batch scheduler, admission, the device thread."""
