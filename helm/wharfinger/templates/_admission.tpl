{{/* "true" where the admission webhook is served. An unquoted `off` is the boolean false in YAML 1.1, which Helm reads. */}}
{{- define "wharfinger.admission" -}}
{{- if has .Values.admission.mode (list "warn" "enforce") }}true{{ end }}
{{- end }}

{{/* Fails, in one line, where the values contradict each other. */}}
{{- define "wharfinger.admissionChecked" -}}
{{- with .Values.admission }}
{{- if and .certManager.enabled .caBundle }}
{{- fail "admission.caBundle and admission.certManager.enabled exclude each other: cert-manager puts the authority in" }}
{{- else if and .secretName (not .caBundle) (not .certManager.enabled) }}
{{- fail "admission.secretName needs admission.caBundle, the authority of its certificate; or admission.certManager.enabled" }}
{{- else if and .caBundle (not .secretName) }}
{{- fail "admission.caBundle needs admission.secretName, the Secret whose certificate it vouches for" }}
{{- else if and (eq .failurePolicy "Fail") (ne (toString .mode) "enforce") }}
{{- fail "admission.failurePolicy=Fail needs admission.mode=enforce: what only warns must refuse nothing" }}
{{- end }}
{{- end }}
{{- end }}

{{/* The Secret with the webhook's certificate. The chart's own and cert-manager's differ in name, so that to go from one to
the other deletes nothing that the other has just made. */}}
{{- define "wharfinger.admissionSecret" -}}
{{- $admission := .Values.admission }}
{{- $made := printf "%s-admission%s" (include "wharfinger.fullname" .) (ternary "" "-self-signed" $admission.certManager.enabled) }}
{{- default $made $admission.secretName }}
{{- end }}

{{/* The host name that the API server calls, and checks the certificate for. */}}
{{- define "wharfinger.admissionHost" -}}
{{ include "wharfinger.fullname" . }}-admission.{{ .Release.Namespace }}.svc
{{- end }}

{{/* The certificate and key of the chart's own, in base64: those that the cluster has already, so that an upgrade changes
nothing. Without a cluster (`helm template`) nothing can be looked up, and each rendering makes new ones. */}}
{{- define "wharfinger.admissionSelfSigned" -}}
{{- $host := include "wharfinger.admissionHost" . }}
{{- $found := (lookup "v1" "Secret" .Release.Namespace (include "wharfinger.admissionSecret" .)).data | default dict }}
{{- if and (index $found "tls.crt") (index $found "tls.key") }}
{{- pick $found "tls.crt" "tls.key" | toYaml }}
{{- else }}
{{- $made := genSelfSignedCertWithKey "wharfinger-admission" nil (list $host) 3650 (genPrivateKey "ecdsa") }}
{{- dict "tls.crt" ($made.Cert | b64enc) "tls.key" ($made.Key | b64enc) | toYaml }}
{{- end }}
{{- end }}

{{/* The name of cluster-scoped objects: releases that look after namespaces of their own may share a name. */}}
{{- define "wharfinger.clusterName" -}}
{{ include "wharfinger.fullname" . }}{{ if .Values.watchNamespaces }}-{{ .Release.Namespace }}{{ end }}
{{- end }}

{{/* The namespaces that are looked after, as a selector; empty where all are. */}}
{{- define "wharfinger.namespaceSelector" -}}
{{- with .Values.watchNamespaces -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: In
    values:
      {{- toYaml . | nindent 6 }}
{{- end }}
{{- end }}
