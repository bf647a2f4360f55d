"""The node: containerd, kubelet and kube-proxy, their configuration and their command lines."""

import json
import subprocess
from pathlib import Path

from hack.cluster.control_plane import NODE_ADDRESS, POD_RANGE, SERVICE_OF_DNS
from hack.cluster.images import PAUSE
from hack.cluster.layout import Layout

NAME = "node1"
BRIDGE = "cni0"
_BRIDGE_FILTER = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
PLUGINS = Path("/usr/lib/cni")
"""Where Debian's containernetworking-plugins lie."""


def write_configuration(layout: Layout) -> None:
    """Writes the configuration of containerd, of the pods' network and of the kubelet."""
    (layout.run / "cni").mkdir()
    (layout.run / "cni" / "10-bridge.conflist").write_text(json.dumps(_network(layout)))
    (layout.run / "containerd.toml").write_text(_containerd(layout))
    (layout.run / "kubelet.json").write_text(json.dumps(_kubelet(layout)))


def make_bridge(layout: Layout) -> None:
    """Makes the bridge of the pods' network, and lets the machine forward their packets.

    The plugin would make it with the first pod, but the kubelet needs the address before.
    """
    # Packets from a Service return over the bridge; only with this their translation is undone.
    if not _BRIDGE_FILTER.exists():
        subprocess.run(["modprobe", "br_netfilter"], env=layout.environment(), check=True)
    _BRIDGE_FILTER.write_text("1")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    for command in (
        f"ip link add {BRIDGE} type bridge",
        f"ip address add {NODE_ADDRESS}/24 dev {BRIDGE}",
        f"ip link set {BRIDGE} up",
    ):
        subprocess.run(command.split(), env=layout.environment(), check=True)


def containerd(layout: Layout) -> list[str]:
    """Returns the command of the container runtime."""
    return [str(layout.binaries / "containerd"), "-c", str(layout.run / "containerd.toml")]


def kubelet(layout: Layout, kubeconfig: Path) -> list[str]:
    """Returns the command of the kubelet."""
    return [
        *(str(layout.binaries / "kubelet"), f"--config={layout.run / 'kubelet.json'}"),
        *(f"--kubeconfig={kubeconfig}", f"--root-dir={layout.run / 'kubelet'}"),
        *(f"--hostname-override={NAME}", f"--node-ip={NODE_ADDRESS}"),
    ]


def kube_proxy(layout: Layout, kubeconfig: Path) -> list[str]:
    """Returns the command of kube-proxy, which makes Services reachable."""
    return [
        *(str(layout.binaries / "kube-proxy"), f"--kubeconfig={kubeconfig}"),
        *(f"--cluster-cidr={POD_RANGE}", f"--hostname-override={NAME}"),
        *("--proxy-mode=iptables", "--conntrack-max-per-core=0"),
    ]


def _network(layout: Layout) -> dict[str, object]:
    subnet = f"{NODE_ADDRESS.rpartition('.')[0]}.0/24"
    addresses = {
        "type": "host-local",
        "dataDir": str(layout.run / "addresses"),
        "ranges": [[{"subnet": subnet}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": addresses,
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    # A Docker daemon, even one that has ended, leaves a packet filter that forwards nothing else.
    allowed = {"type": "firewall", "backend": "iptables"}
    return {"cniVersion": "1.0.0", "name": "bridge", "plugins": [bridge, ports, allowed]}


def _containerd(layout: Layout) -> str:
    run = layout.run
    # The namespaces of the pods' networks are mounts: under our folder they are found and undone.
    return f"""\
version = 3
root = "{run}/containerd/root"
state = "{run}/containerd/state"
[grpc]
  address = "{layout.socket}"
[plugins.'io.containerd.internal.v1.opt']
  path = "{run}/containerd/opt"
[plugins.'io.containerd.nri.v1.nri']
  disable = true
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "{PAUSE}"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ["{PLUGINS}"]
  conf_dir = "{run}/cni"
"""


def _kubelet(layout: Layout) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "failSwapOn": False,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(layout.pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": f"unix://{layout.socket}",
        "tlsCertFile": str(layout.pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(layout.pki / "kubelet.key"),
        "clusterDNS": [SERVICE_OF_DNS],
        "clusterDomain": "cluster.local",
        "podLogsDir": str(layout.run / "pod-logs"),
        "volumePluginDir": str(layout.volume_plugins),
        # A full disk is for its owner to mend: pods that vanish for it look like failures of ours.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {
            "nodefs.available": "0%",
            "imagefs.available": "0%",
            "memory.available": "100Mi",
        },
    }
