# No release, and no CRDs.
helm list --all-namespaces --output json | python -c '
import json, subprocess, sys
for each in json.load(sys.stdin):
    subprocess.run(["helm", "uninstall", each["name"], "-n", each["namespace"], "--wait"], check=True)
'
# A NodePolicy waits for its operator, which is gone.
kubectl get nodepolicies -o name 2>/dev/null | xargs -r -I{} kubectl patch {} --type merge -p '{"metadata":{"finalizers":null}}'
kubectl delete crd stacks.wharfinger.dev containerworkloads.wharfinger.dev nodepolicies.wharfinger.dev --ignore-not-found
