# Another namespace.
kubectl create namespace blog --dry-run=client -o yaml | kubectl apply -f -
