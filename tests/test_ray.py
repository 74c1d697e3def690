"""The same release, byte for byte, from a Ray cluster of two nodes started on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import make_project

pytest.importorskip("ray", reason="Ray is not installed: pip install 'cqia[ray]'")

ROAD = Path(__file__).parent / "road"

# In a process of its own: Ray leaves threads, signal handlers and warnings behind.
CLUSTER = """
import subprocess, sys
from ray.cluster_utils import Cluster

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
cluster.add_node(num_cpus=1)
cluster.wait_for_nodes()
address, *command = sys.argv[1:]
config = open(address).read()
open(address, "w").write(config.replace("[run]", f'[run]\\naddress = "{cluster.address}"'))
code = subprocess.run(command).returncode
nodes = len([node for node in cluster.list_all_nodes()])
cluster.shutdown()
print("nodes", nodes)
sys.exit(code)
"""


@pytest.mark.timeout(300)
def test_two_nodes_make_the_same_bytes(tmp_path: Path) -> None:
    alone = make_project.make(tmp_path / "alone")
    together = make_project.make(tmp_path / "together")
    cqia = [sys.executable, "-m", "cqia"]
    subprocess.run([*cqia, "release", "v1", "-C", str(alone)], check=True, capture_output=True)
    command = [*cqia, "release", "v1", "-C", str(together), "--runner", "ray"]
    done = subprocess.run(
        [sys.executable, "-c", CLUSTER, str(together / "cqia.toml"), *command],
        capture_output=True, text=True, env={**os.environ, "RAY_DEDUP_LOGS": "0"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nodes 2" in done.stdout
    assert make_project.release_bytes(together) == make_project.release_bytes(alone)
