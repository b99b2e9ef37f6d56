"""backend - the one place that says which control plane labs and scenarios get

TINLB_LAB=real: the real programs of Kubernetes; embedded, or nothing: the lab's own endpoint.
"""
# SPDX-License-Identifier: Apache-2.0
import os

NAMES = ("embedded", "real")


def name():
    chosen = os.environ.get("TINLB_LAB") or NAMES[0]
    if chosen not in NAMES:
        raise RuntimeError(f"TINLB_LAB={chosen}: there are {' and '.join(NAMES)}")
    return chosen


def is_real():
    return name() == "real"


def cluster_class():
    """What makes labs."""
    if is_real():
        from .real.cluster import RealCluster as chosen  # pylint: disable=import-outside-toplevel
    else:
        from .cluster import Cluster as chosen  # pylint: disable=import-outside-toplevel
    return chosen
