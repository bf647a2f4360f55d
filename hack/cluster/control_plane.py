"""etcd and the Kubernetes control plane: the command line of each program.

The cluster runs all four; the tests of the operator run etcd and the API server alone.
"""

from pathlib import Path

from hack.cluster.certificates import Authority

SERVICE_RANGE = "10.96.0.0/16"
SERVICE_OF_API = "10.96.0.1"
SERVICE_OF_DNS = "10.96.0.10"
POD_RANGE = "10.244.0.0/16"
NODE_ADDRESS = "10.244.0.1"
"""The address of the pods' bridge: the machine as its pods see it."""

# With an election they would end as soon as they cannot reach the API server for ten seconds.
_ALONE = "--leader-elect=false"

_SERVICE = "kubernetes.default.svc"
_HOSTS = (
    *("DNS:localhost", "DNS:kubernetes", "DNS:kubernetes.default"),
    *(f"DNS:{_SERVICE}", f"DNS:{_SERVICE}.cluster.local"),
    *("IP:127.0.0.1", f"IP:{SERVICE_OF_API}", f"IP:{NODE_ADDRESS}"),
)


def issue_certificates(authority: Authority) -> None:
    """Issues the certificates of the API server and of its administrator."""
    authority.issue("kube-apiserver", user="kube-apiserver", hosts=_HOSTS)
    authority.issue("admin", user="admin", groups=("system:masters",))


def etcd(binaries: Path, data: Path, *, port: int, peer_port: int) -> list[str]:
    """Returns the command of etcd, without fsync: a crash of the machine may lose data."""
    clients, peers = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
    return [
        *(str(binaries / "etcd"), f"--data-dir={data}", "--unsafe-no-fsync", "--log-level=warn"),
        *(f"--listen-client-urls={clients}", f"--advertise-client-urls={clients}"),
        *(f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}"),
        f"--initial-cluster=default={peers}",
    ]


def api_server(
    binaries: Path, authority: Authority, *, port: int, etcd_port: int, modes: str
) -> list[str]:
    """Returns the command of an API server that authorizes in these modes."""
    folder = authority.folder
    return [
        str(binaries / "kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        f"--secure-port={port}",
        f"--tls-cert-file={folder / 'kube-apiserver.crt'}",
        f"--tls-private-key-file={folder / 'kube-apiserver.key'}",
        f"--client-ca-file={authority.certificate}",
        f"--service-account-key-file={folder / 'service-accounts.pub'}",
        f"--service-account-signing-key-file={folder / 'service-accounts.key'}",
        f"--service-account-issuer=https://{_SERVICE}.cluster.local",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        f"--authorization-mode={modes}",
        "--allow-privileged=true",
    ]


def api_server_of_node(authority: Authority) -> list[str]:
    """Returns the further flags of an API server that has a kubelet."""
    folder = authority.folder
    return [
        f"--advertise-address={NODE_ADDRESS}",
        "--enable-admission-plugins=NodeRestriction",
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-certificate-authority={authority.certificate}",
        f"--kubelet-client-certificate={folder / 'admin.crt'}",
        f"--kubelet-client-key={folder / 'admin.key'}",
    ]


def controller_manager(
    binaries: Path, authority: Authority, *, kubeconfig: Path, plugins: Path
) -> list[str]:
    """Returns the command of the controllers, each with its own service account."""
    folder = authority.folder
    return [
        str(binaries / "kube-controller-manager"),
        f"--kubeconfig={kubeconfig}",
        f"--root-ca-file={authority.certificate}",
        f"--service-account-private-key-file={folder / 'service-accounts.key'}",
        f"--cluster-signing-cert-file={authority.certificate}",
        f"--cluster-signing-key-file={authority.key}",
        *(f"--cluster-cidr={POD_RANGE}", "--allocate-node-cidrs=true"),
        "--use-service-account-credentials=true",
        f"--flex-volume-plugin-dir={plugins}",
        *("--kube-api-qps=500", "--kube-api-burst=1000"),
        _ALONE,
    ]


def scheduler(binaries: Path, kubeconfig: Path) -> list[str]:
    """Returns the command of the scheduler."""
    return [str(binaries / "kube-scheduler"), f"--kubeconfig={kubeconfig}", _ALONE]
