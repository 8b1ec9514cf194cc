# The operator, as the chart installs it; the CRDs are there, and others'.
bash -e "$(dirname "$0")/documents.sh"
helm install wharfinger helm/wharfinger -n wharfinger-system --create-namespace --wait --timeout 3m \
    --set image.repository=registry.example.com/wharfinger,crds.install=false
