# What an installation of Argo CD has: its namespace and its settings.
kubectl create namespace argocd --dry-run=client -o yaml | kubectl apply -f -
kubectl -n argocd create configmap argocd-cm --from-literal=url=https://argocd.example.com --dry-run=client -o yaml | kubectl apply -f -
