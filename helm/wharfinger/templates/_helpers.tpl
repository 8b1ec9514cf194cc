{{/* The chart's name, as labels have it. */}}
{{- define "wharfinger.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The name of the objects: the release's and the chart's, once where one is part of the other. At most 50 characters, so
that `-metrics`, `-leases` and the Leases' own suffixes have room. */}}
{{- define "wharfinger.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- $both := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $both .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "wharfinger.serviceAccountName" -}}
{{- default (ternary (include "wharfinger.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{/* The labels by which the operator's pods are known. They never change, since a Deployment's selector cannot. */}}
{{- define "wharfinger.selector" -}}
app.kubernetes.io/name: {{ include "wharfinger.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{/* The labels of an object, less its component. Arguments: the root, and labels of the user's for this object. What the
chart needs wins over what users say. */}}
{{- define "wharfinger.labels" -}}
{{- $root := index . 0 }}
{{- $own := dict
  "app.kubernetes.io/name" (include "wharfinger.name" $root)
  "app.kubernetes.io/instance" $root.Release.Name
  "app.kubernetes.io/version" $root.Chart.AppVersion
  "app.kubernetes.io/part-of" "wharfinger"
  "app.kubernetes.io/managed-by" $root.Release.Service
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
}}
{{- toYaml (merge $own (index . 1 | default dict | deepCopy) ($root.Values.commonLabels | default dict | deepCopy)) }}
{{- end }}

{{/* The labels of the operator's pods. */}}
{{- define "wharfinger.podLabels" -}}
{{- $selector := include "wharfinger.selector" . | fromYaml }}
{{- toYaml (merge $selector (include "wharfinger.labels" (list . .Values.podLabels) | fromYaml)) }}
{{- end }}

{{/* The image, by digest where one is given. */}}
{{- define "wharfinger.image" -}}
{{- $tag := default .Chart.AppVersion .Values.image.tag }}
{{- .Values.image.repository }}:{{ $tag }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* The Secret to ask Prometheus with; empty for none. */}}
{{- define "wharfinger.prometheusSecret" -}}
{{- if .Values.prometheus.secretName }}
{{- if not (hasPrefix "https://" .Values.prometheus.url) }}
{{- fail "prometheus.secretName needs a prometheus.url that begins with https://, else anybody on the way could read it" }}
{{- end }}
{{- .Values.prometheus.secretName }}
{{- end }}
{{- end }}

{{/* The port in Prometheus' URL, or that of its scheme. */}}
{{- define "wharfinger.prometheusPort" -}}
{{- $url := urlParse .Values.prometheus.url }}
{{- regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (ternary "443" "80" (eq $url.scheme "https")) }}
{{- end }}
