# Another namespace.
kubectl create namespace blog
