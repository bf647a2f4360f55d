"""Plain values that the planner, the builders and the status share."""
