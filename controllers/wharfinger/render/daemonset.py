"""Mode ``daemon``: a DaemonSet."""

from __future__ import annotations

from wharfinger.api.builtin import DAEMON_SET
from wharfinger.api.containerworkload import Workload
from wharfinger.api.resource import Object
from wharfinger.render.options import Options
from wharfinger.render.rolling import common_spec, daemonset_strategy, workload_object
from wharfinger.render.template import Template


def daemonset(workload: Workload, running: Template, options: Options) -> Object:
    """The DaemonSet that runs `running`: one pod on every node that the pod's own rules admit."""
    strategy = daemonset_strategy(workload, paused=options.paused)
    return workload_object(DAEMON_SET, workload, workload.name, running, options) | {
        "spec": common_spec(workload, running, updateStrategy=strategy)
    }
