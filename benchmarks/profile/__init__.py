"""Where the time of a request goes: the service's own metrics, and samples of its stacks."""
