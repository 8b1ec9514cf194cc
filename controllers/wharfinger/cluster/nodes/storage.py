"""A default StorageClass that binds: each claim gets a directory below the cluster's own, gone with its volume."""

from collections.abc import Sequence

from wharfinger.cluster.build import Programs
from wharfinger.cluster.client import Client
from wharfinger.cluster.controlplane import Component, command_line
from wharfinger.cluster.layout import Layout
from wharfinger.cluster.pki import MASTERS, Certificate

PROVISIONER = "provisioner"

STORAGE_CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {
        "name": "standard",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    },
    "provisioner": "wharfinger.dev/host-path",
    "reclaimPolicy": "Delete",
    "volumeBindingMode": "WaitForFirstConsumer",
}


def certificates() -> Sequence[Certificate]:
    """The provisioner's identity."""
    return (Certificate(PROVISIONER, "ca", "wharfinger:provisioner", (MASTERS,)),)


def component(layout: Layout, programs: Programs) -> Component:
    """The provisioner (`go/provisioner.go`)."""
    flags = {
        "kubeconfig": str(layout.component_kubeconfig(PROVISIONER)),
        "root": str(layout.root / "volumes"),
    }
    return Component(PROVISIONER, (str(programs.cluster), PROVISIONER, *command_line(flags)))


def make_class(client: Client) -> None:
    """Make the class ``standard``, the default one."""
    client.apply("/apis/storage.k8s.io/v1/storageclasses/standard", STORAGE_CLASS)
