"""Kubernetes objects as plain data: kinds, manifests, labels, ownership, RBAC."""
