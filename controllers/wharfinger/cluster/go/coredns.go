package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loop"
	_ "github.com/coredns/coredns/plugin/ready"
)

// coredns answers the cluster's names. Only the plugins that our Corefile names are compiled in, in CoreDNS' own order.
func coredns() int {
	dnsserver.Directives = []string{"bind", "ready", "health", "errors", "cache", "kubernetes", "loop", "forward"}
	coremain.Run()
	return 0
}
