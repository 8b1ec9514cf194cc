# Documents of two workloads, and the same in a directory; nothing is applied.
cat >web.yaml <<'YAML'
apiVersion: wharfinger.dev/v1alpha1
kind: ContainerWorkload
metadata: {name: web}
spec:
  image: registry.example.com/shop/web:1.4
  replicas: 3
  ports:
    - {name: http, containerPort: 8080, servicePort: 80}
  healthCheck:
    httpGet: {path: /healthz, port: http}
YAML
cat >worker.yaml <<'YAML'
apiVersion: wharfinger.dev/v1alpha1
kind: ContainerWorkload
metadata: {name: worker}
spec:
  image: registry.example.com/shop/worker:1.4
YAML
mkdir -p deploy
cp web.yaml worker.yaml deploy
