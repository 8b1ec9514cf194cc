package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

const provisionerName = "wharfinger.dev/host-path"

// hostPath gives each claim a directory of its own below root. It is for one machine: every node sees the same files.
type hostPath struct {
	root string
}

func (p hostPath) Provision(
	_ context.Context, options controller.ProvisionOptions,
) (*core.PersistentVolume, controller.ProvisioningState, error) {
	directory := filepath.Join(p.root, options.PVName)
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	// A hostPath volume knows no fsGroup: whichever user the container runs as must be able to write.
	if err := os.Chmod(directory, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	return &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: options.PVName},
		Spec: core.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			AccessModes:                   options.PVC.Spec.AccessModes,
			VolumeMode:                    options.PVC.Spec.VolumeMode,
			Capacity: core.ResourceList{
				core.ResourceStorage: options.PVC.Spec.Resources.Requests[core.ResourceStorage],
			},
			PersistentVolumeSource: core.PersistentVolumeSource{
				HostPath: &core.HostPathVolumeSource{Path: directory},
			},
		},
	}, controller.ProvisioningFinished, nil
}

func (p hostPath) Delete(_ context.Context, volume *core.PersistentVolume) error {
	return os.RemoveAll(filepath.Join(p.root, volume.Name))
}

// provisioner makes volumes for claims of the classes that name it.
func provisioner() int {
	flags := flag.NewFlagSet("provisioner", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "kubeconfig of the cluster to serve")
	root := flags.String("root", "", "directory to make the volumes in")
	_ = flags.Parse(os.Args[1:]) // exits itself
	if err := provision(*kubeconfig, *root); err != nil {
		fmt.Fprintln(os.Stderr, "provisioner:", err)
		return 1
	}
	return 0
}

func provision(kubeconfig, root string) error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 100, 200
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	controller.NewProvisionController(
		ctx, client, provisionerName, hostPath{root: root}, controller.LeaderElection(false),
	).Run(ctx)
	return nil
}
