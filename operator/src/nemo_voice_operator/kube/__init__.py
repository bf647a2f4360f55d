"""Kubernetes objects as plain data: kinds, manifests, predicates, labels, ownership, RBAC."""
