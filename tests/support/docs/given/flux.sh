# What an installation of Flux has: its namespace; its kinds are in the cluster.
kubectl create namespace flux-system --dry-run=client -o yaml | kubectl apply -f -
