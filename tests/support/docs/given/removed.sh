# No release, and no CRDs.
helm list --all-namespaces --output json | python -c '
import json, subprocess, sys
for each in json.load(sys.stdin):
    subprocess.run(["helm", "uninstall", each["name"], "-n", each["namespace"], "--wait"], check=True)
'
kubectl delete crd stacks.wharfinger.dev containerworkloads.wharfinger.dev nodepolicies.wharfinger.dev --ignore-not-found
