# A workload of mode tasks, with a release behind it.
for tag in 1.3 1.4; do
  cat > tasks.yaml <<YAML
apiVersion: wharfinger.dev/v1alpha1
kind: ContainerWorkload
metadata: {name: web}
spec:
  mode: tasks
  image: registry.example.com/shop/web:$tag
  tasks: {update: {monitor: 1s}}
YAML
  wharfinger apply tasks.yaml --wait --timeout 90s
done
