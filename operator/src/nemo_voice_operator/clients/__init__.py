"""What talks to the API server and to the pods."""
