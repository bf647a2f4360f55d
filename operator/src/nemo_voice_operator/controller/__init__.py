"""Watches, work queue, reconciler, leader election, autoscaler."""
