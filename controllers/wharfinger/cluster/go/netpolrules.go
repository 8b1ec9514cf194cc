package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// world is all that the rules follow from.
type world struct {
	pods       []*core.Pod
	namespaces []*core.Namespace
	policies   []*networking.NetworkPolicy
}

// direction is one side of a connection: which of a packet's addresses is the selected Pod's, and which its peer's.
type direction struct {
	kind     networking.PolicyType
	chain    string
	priority int
	own      string
	peer     string
}

// Each direction has a chain of its own at the same hook: accepting in one leaves the packet to the other.
var directions = []direction{
	{networking.PolicyTypeEgress, "egress", -11, "ip saddr", "ip daddr"},
	{networking.PolicyTypeIngress, "ingress", -10, "ip daddr", "ip saddr"},
}

// allowance is a rule of either direction: both have the same parts under different names.
type allowance struct {
	peers []networking.NetworkPolicyPeer
	ports []networking.NetworkPolicyPort
}

// ruleset is the whole table as nft reads it, whatever was there before. The same world gives the same text.
//
// What is forwarded is filtered, and a Pod's own node is not: its packets are not forwarded. A Service's address has
// been translated by then, and a source's has not. Answers belong to connections that were let through.
func ruleset(w world) string {
	var out strings.Builder
	out.WriteString("table ip wharfinger-policy\ndelete table ip wharfinger-policy\ntable ip wharfinger-policy {\n")
	pods := w.addressed()
	for _, d := range directions {
		var jumps []string
		for _, pod := range pods {
			rules, isolated := w.rulesOf(pod, d)
			if !isolated {
				continue
			}
			name := fmt.Sprintf("%s-%s", d.chain, pod.Status.PodIP)
			fmt.Fprintf(&out, "chain %s {\n%sdrop comment \"%.120s\"\n}\n", name, rules, pod.Namespace+"/"+pod.Name)
			jumps = append(jumps, fmt.Sprintf("%s %s goto %s\n", d.own, pod.Status.PodIP, name))
		}
		fmt.Fprintf(&out, "chain %s {\ntype filter hook forward priority %d;\n", d.chain, d.priority)
		fmt.Fprintf(&out, "ct state established,related accept\n%s}\n", strings.Join(jumps, ""))
	}
	out.WriteString("}\n")
	return out.String()
}

// addressed are the Pods that have an IPv4 address of their own, in an order of their own. A Pod that has ended may have
// left its address to another.
func (w world) addressed() []*core.Pod {
	var pods []*core.Pod
	for _, pod := range w.pods {
		ended := pod.Status.Phase == core.PodSucceeded || pod.Status.Phase == core.PodFailed
		if address, err := netip.ParseAddr(pod.Status.PodIP); err == nil && address.Is4() && !ended && !pod.Spec.HostNetwork {
			pods = append(pods, pod)
		}
	}
	slices.SortFunc(pods, func(a, b *core.Pod) int {
		return cmp.Compare(a.Status.PodIP+string(a.UID), b.Status.PodIP+string(b.UID))
	})
	return slices.CompactFunc(pods, func(a, b *core.Pod) bool { return a.Status.PodIP == b.Status.PodIP })
}

// rulesOf is what lets the Pod's connections of a direction through, and whether any policy selects it for that direction.
// Policies add up.
func (w world) rulesOf(pod *core.Pod, d direction) (string, bool) {
	var rules []string
	isolated := false
	for _, policy := range w.policies {
		// The API server fills in policyTypes.
		selected := policy.Namespace == pod.Namespace && matches(&policy.Spec.PodSelector, pod.Labels)
		if !selected || !slices.Contains(policy.Spec.PolicyTypes, d.kind) {
			continue
		}
		isolated = true
		for _, allowed := range allowances(policy, d) {
			rules = append(rules, w.rules(pod, policy.Namespace, allowed, d)...)
		}
	}
	slices.Sort(rules)
	return strings.Join(slices.Compact(rules), ""), isolated
}

func allowances(policy *networking.NetworkPolicy, d direction) []allowance {
	var found []allowance
	if d.kind == networking.PolicyTypeIngress {
		for _, rule := range policy.Spec.Ingress {
			found = append(found, allowance{rule.From, rule.Ports})
		}
		return found
	}
	for _, rule := range policy.Spec.Egress {
		found = append(found, allowance{rule.To, rule.Ports})
	}
	return found
}

// end is a peer as nft matches it: "" is anything. pod is nil for what is no Pod.
type end struct {
	match string
	pod   *core.Pod
}

// rules are one rule of a policy as those of nft: one for each peer and port.
func (w world) rules(pod *core.Pod, namespace string, allowed allowance, d direction) []string {
	var rules []string
	for _, port := range portsOf(allowed) {
		for _, end := range w.ends(namespace, allowed.peers, port, d) {
			called := pod // whose port it is
			if d.kind == networking.PolicyTypeEgress {
				called = end.pod
			}
			for _, match := range portMatches(port, called) {
				rules = append(rules, strings.Join(slices.DeleteFunc([]string{end.match, match, "accept\n"}, empty), " "))
			}
		}
	}
	return rules
}

func empty(part string) bool { return part == "" }

// portsOf has nil for every port: without ports a rule is about all of them, of every protocol.
func portsOf(allowed allowance) []*networking.NetworkPolicyPort {
	if len(allowed.ports) == 0 {
		return []*networking.NetworkPolicyPort{nil}
	}
	var ports []*networking.NetworkPolicyPort
	for i := range allowed.ports {
		ports = append(ports, &allowed.ports[i])
	}
	return ports
}

// ends are whom a rule is about. Without peers that is everybody; to a port that has a name, every Pod, since only Pods
// name their ports.
func (w world) ends(namespace string, peers []networking.NetworkPolicyPeer, port *networking.NetworkPolicyPort, d direction) []end {
	if len(peers) == 0 {
		if d.kind == networking.PolicyTypeIngress || !hasName(port) {
			return []end{{}}
		}
		peers = []networking.NetworkPolicyPeer{{NamespaceSelector: &meta.LabelSelector{}}}
	}
	var found []end
	for _, peer := range peers {
		if peer.IPBlock != nil {
			found = append(found, block(peer.IPBlock, d)...)
			continue
		}
		for _, pod := range w.addressed() {
			if w.isPeer(pod, namespace, peer) {
				found = append(found, end{d.peer + " " + pod.Status.PodIP, pod})
			}
		}
	}
	return found
}

// block matches an address range; none of IPv6, of which the node has no address.
func block(ip *networking.IPBlock, d direction) []end {
	if prefix, err := netip.ParsePrefix(ip.CIDR); err != nil || !prefix.Addr().Is4() {
		return nil
	}
	match := d.peer + " " + ip.CIDR
	for _, except := range ip.Except {
		match += fmt.Sprintf(" %s != %s", d.peer, except)
	}
	return []end{{match: match}}
}

// isPeer says whether selectors of a peer select a Pod: without one for namespaces, they are about the policy's own.
func (w world) isPeer(pod *core.Pod, namespace string, peer networking.NetworkPolicyPeer) bool {
	if peer.PodSelector != nil && !matches(peer.PodSelector, pod.Labels) {
		return false
	}
	if peer.NamespaceSelector == nil {
		return pod.Namespace == namespace
	}
	return slices.ContainsFunc(w.namespaces, func(each *core.Namespace) bool {
		return each.Name == pod.Namespace && matches(peer.NamespaceSelector, each.Labels)
	})
}

// portMatches are a port as nft matches it, one for each that it names: a Pod may have a name several times. "" is any.
func portMatches(port *networking.NetworkPolicyPort, called *core.Pod) []string {
	if port == nil {
		return []string{""}
	}
	protocol := core.ProtocolTCP
	if port.Protocol != nil {
		protocol = *port.Protocol
	}
	transport := strings.ToLower(string(protocol))
	switch {
	case port.Port == nil:
		return []string{"ip protocol " + transport}
	case hasName(port):
		return named(called, port.Port.StrVal, protocol)
	case port.EndPort != nil:
		return []string{fmt.Sprintf("%s dport %d-%d", transport, port.Port.IntVal, *port.EndPort)}
	}
	return []string{fmt.Sprintf("%s dport %d", transport, port.Port.IntVal)}
}

func hasName(port *networking.NetworkPolicyPort) bool {
	return port != nil && port.Port != nil && port.Port.Type == intstr.String
}

// named are the ports that a Pod has under a name: its containers' and those of its sidecars.
func named(pod *core.Pod, name string, protocol core.Protocol) []string {
	if pod == nil {
		return nil
	}
	var found []string
	for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		for _, port := range container.Ports {
			if port.Name == name && port.Protocol == protocol {
				found = append(found, fmt.Sprintf("%s dport %d", strings.ToLower(string(protocol)), port.ContainerPort))
			}
		}
	}
	return found
}

// matches says whether a selector selects labels; the API server has validated it.
func matches(selector *meta.LabelSelector, of map[string]string) bool {
	parsed, err := meta.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(labels.Set(of))
}
