"""HTTP routes, one module per wire format."""
