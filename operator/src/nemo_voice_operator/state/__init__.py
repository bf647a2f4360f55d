"""Values that planning, builders and status share: observed, plan."""
