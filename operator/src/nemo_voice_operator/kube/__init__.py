"""Kubernetes objects as plain data: kinds, manifests, ownership, RBAC."""
