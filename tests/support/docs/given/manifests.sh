# The operator, by kubectl alone.
kubectl apply --server-side -k manifests
