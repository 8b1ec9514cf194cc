# What an installation of Argo CD has: its namespace and its settings.
kubectl create namespace argocd
kubectl -n argocd create configmap argocd-cm --from-literal=url=https://argocd.example.com
kubectl -n argocd label configmap argocd-cm app.kubernetes.io/part-of=argocd
