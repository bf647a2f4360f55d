"""A real single-node Kubernetes on one Linux machine, out of the programs of hack/go.

`python -m hack.cluster` is the command line; the tests of the operator take their API server from
`certificates`, `control_plane` and `processes`.
"""
