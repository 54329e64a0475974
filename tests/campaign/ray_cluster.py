"""A Ray cluster of several nodes on this machine, for one test.

It prints its address. For each line that it reads, it kills a node as a power failure does, and
adds another one; for the end of its input, it ends the cluster.
"""

from __future__ import annotations

import sys

from ray.cluster_utils import Cluster

NODES = 3


def main() -> None:
    # Addresses that only this machine has. Ray takes 127.0.0.1 for all nodes at once.
    addresses = (f"127.0.0.{number}" for number in range(2, 255))

    def node(**arguments: object) -> dict[str, object]:
        return {"node_ip_address": next(addresses), "include_dashboard": False, **arguments}

    # The head runs no worker.
    head = node(num_cpus=0, temp_dir=sys.argv[1])
    cluster = Cluster(initialize_head=True, head_node_args=head)
    nodes = [cluster.add_node(**node(num_cpus=1)) for _ in range(NODES)]
    print(cluster.address, flush=True)
    for _ in sys.stdin:
        cluster.remove_node(nodes.pop(0), allow_graceful=False)
        nodes.append(cluster.add_node(**node(num_cpus=1)))
        print(len(nodes), flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main()
