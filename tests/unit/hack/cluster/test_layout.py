"""The node's folder: the line of shell that points at it, and the marker of its daemons."""

import subprocess
from pathlib import Path

from hack.cluster.layout import Layout


def test_the_line_of_shell_survives_a_path_with_a_space(tmp_path: Path) -> None:
    layout = Layout(run=tmp_path / "my cluster", binaries=tmp_path / "my programs")
    script = f'PATH=/bin; {layout.exports()}; printf "%s\\n" "$KUBECONFIG" "$PATH"'
    shown = subprocess.run(["/bin/sh", "-c", script], check=True, capture_output=True, text=True)
    assert shown.stdout.splitlines() == [str(layout.kubeconfig), f"{layout.binaries}:/bin"]


def test_the_marker_is_part_of_no_other_folders_name(tmp_path: Path) -> None:
    layout = Layout(run=tmp_path / "cluster", binaries=tmp_path / "bin")
    assert str(layout.socket).startswith(layout.marker)
    assert not f"{tmp_path}/cluster-of-somebody-else".startswith(layout.marker)
