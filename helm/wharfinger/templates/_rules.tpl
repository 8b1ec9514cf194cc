{{/* What the operator may do, verb by verb. The rules are those of manifests/base/clusterrole.yaml, which explains them; a test
compares the two. Here they are apart: what a Role can grant in a namespace, and what only a ClusterRole can. */}}
{{- define "wharfinger.namespacedRules" -}}
- apiGroups: [wharfinger.dev]
  resources: [containerworkloads]
  verbs: [list, watch]
- apiGroups: [wharfinger.dev]
  resources: [containerworkloads/status]
  verbs: [patch]
- apiGroups: [wharfinger.dev]
  resources: [containerworkloads/finalizers]
  verbs: [update]
{{- if .Values.stacks.enabled }}
- apiGroups: [wharfinger.dev]
  resources: [stacks]
  verbs: [list, watch]
- apiGroups: [wharfinger.dev]
  resources: [stacks/status]
  verbs: [patch]
- apiGroups: [wharfinger.dev]
  resources: [stacks/finalizers]
  verbs: [update]
- apiGroups: [wharfinger.dev]
  resources: [containerworkloads]
  verbs: [get, create, patch, delete]
{{- end }}
- apiGroups: [apps]
  resources: [controllerrevisions, daemonsets, deployments, statefulsets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [batch]
  resources: [cronjobs, jobs]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [configmaps, persistentvolumeclaims, pods, serviceaccounts, services]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [ingresses, networkpolicies]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- if and .Values.stacks.enabled .Values.stacks.secrets }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create, patch, delete]
{{- else if .Values.watchSecrets }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [list, watch]
{{- end }}
{{- end }}

{{- define "wharfinger.clusterRules" -}}
- apiGroups: [""]
  resources: [nodes]
  verbs: [list, watch]
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  resourceNames:
    - containerworkloads.wharfinger.dev
    - httproutes.gateway.networking.k8s.io
    {{- if .Values.stacks.enabled }}
    - stacks.wharfinger.dev
    {{- end }}
  verbs: [watch]
{{- end }}
