# A job of that name, which simulated nodes complete.
wharfinger apply - <<'YAML'
apiVersion: wharfinger.dev/v1alpha1
kind: ContainerWorkload
metadata: {name: migrate}
spec: {image: registry.example.com/shop/migrate:1.4, mode: job}
YAML
