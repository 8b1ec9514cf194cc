# The component `admission` beside the base, in an overlay of one's own.
mkdir -p overlay
cat >overlay/kustomization.yaml <<'YAML'
resources: [../manifests]
components: [../manifests/admission]
YAML
kubectl apply --server-side -k overlay
