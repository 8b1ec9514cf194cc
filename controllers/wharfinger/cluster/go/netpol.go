package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// retryAfter is when a ruleset that the kernel refused is tried again.
const retryAfter = 5 * time.Second

// networkPolicy keeps the packet filter of its network namespace, which is the node's, as the NetworkPolicies say.
func networkPolicy() int {
	flags := flag.NewFlagSet("network-policy", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "kubeconfig of the cluster to serve")
	_ = flags.Parse(os.Args[1:]) // exits itself
	if err := enforce(*kubeconfig); err != nil {
		fmt.Fprintln(os.Stderr, "network-policy:", err)
		return 1
	}
	return 0
}

func enforce(kubeconfig string) error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	watched, changed, err := watch(ctx, client)
	if err != nil {
		return err
	}
	follow(ctx, watched, changed)
	return nil
}

// watch returns the objects, kept up to date, and a channel that has a value when any has changed.
func watch(ctx context.Context, client kubernetes.Interface) (func() world, <-chan struct{}, error) {
	factory := informers.NewSharedInformerFactory(client, 0)
	pods, namespaces := factory.Core().V1().Pods(), factory.Core().V1().Namespaces()
	policies := factory.Networking().V1().NetworkPolicies()
	changed := make(chan struct{}, 1)
	tell := func() {
		select {
		case changed <- struct{}{}:
		default: // told already
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { tell() },
		UpdateFunc: func(any, any) { tell() },
		DeleteFunc: func(any) { tell() },
	}
	for _, informer := range []cache.SharedIndexInformer{pods.Informer(), namespaces.Informer(), policies.Informer()} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return nil, nil, err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	tell()
	return func() world {
		return world{
			pods:       listed[core.Pod](pods.Lister().List),
			namespaces: listed[core.Namespace](namespaces.Lister().List),
			policies:   listed[networking.NetworkPolicy](policies.Lister().List),
		}
	}, changed, nil
}

// listed is all that a lister has: reading from a cache does not fail.
func listed[T any, P interface {
	*T
	runtime.Object
}](list func(labels.Selector) ([]P, error)) []P {
	objects, _ := list(labels.Everything())
	return objects
}

// follow loads the ruleset whenever it is another one, until ctx ends.
func follow(ctx context.Context, watched func() world, changed <-chan struct{}) {
	loaded := ""
	var retry <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-retry:
		}
		retry = nil
		wanted := ruleset(watched())
		if wanted == loaded {
			continue
		}
		if err := load(ctx, wanted); err != nil {
			log.Printf("network-policy: %v", err)
			retry = time.After(retryAfter)
			continue
		}
		loaded = wanted
	}
}

// load replaces the table in one transaction: no packet sees half of it.
func load(ctx context.Context, rules string) error {
	command := exec.CommandContext(ctx, "nft", "-f", "-")
	command.Stdin = strings.NewReader(rules)
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, strings.TrimSpace(string(said)))
	}
	return nil
}
