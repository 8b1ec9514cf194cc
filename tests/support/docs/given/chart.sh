# The chart, as the page installs it.
helm install wharfinger helm/wharfinger -n wharfinger-system --create-namespace --wait \
    --set image.repository=registry.example.com/wharfinger
