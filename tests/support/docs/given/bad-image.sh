# The image web:1.5 crashes wherever it is started: simulated nodes do as the annotation says.
kubectl apply -f - <<'YAML'
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: bad-image}
spec:
  reinvocationPolicy: Never
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
  matchConditions:
    - name: bad
      expression: object.spec.containers.exists(each, each.image.endsWith("/web:1.5"))
  mutations:
    - patchType: ApplyConfiguration
      applyConfiguration:
        expression: 'Object{metadata: Object.metadata{annotations: {"wharfinger.dev/simulate": "crash-loop"}}}'
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: bad-image}
spec:
  policyName: bad-image
YAML
# It holds once the API server has taken it in.
until kubectl run probe --image=registry.example.com/shop/web:1.5 --dry-run=server -o yaml | grep -q crash-loop; do
    sleep 0.2
done
