"""The controller: watches, work queue, reconciler, leader election, autoscaler."""
