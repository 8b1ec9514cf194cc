# A job that tells what it does, in a container that really runs.
wharfinger apply - <<'YAML'
apiVersion: wharfinger.dev/v1alpha1
kind: ContainerWorkload
metadata: {name: migrate}
spec:
  mode: job
  image: registry.wharfinger.local/busybox
  command: [sh, -c, "echo migrating orders; echo migrating customers; echo done"]
  pod: {securityContext: {runAsUser: 65532}}
YAML
