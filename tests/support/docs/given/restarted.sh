# Each pod of the example has crashed once, and runs again.
for pod in $(kubectl get pods -l app.kubernetes.io/instance=web -o name); do
    kubectl create --raw "/api/v1/namespaces/shop/$(echo "$pod" | sed s/pod/pods/):8080/proxy/exit?code=3" -f - </dev/null || true
    kubectl wait "$pod" --for=jsonpath='{.status.containerStatuses[0].restartCount}'=1 --timeout=90s
done
kubectl wait cw/web --for=condition=Ready --timeout=90s
