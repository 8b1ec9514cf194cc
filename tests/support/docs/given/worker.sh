# A workload beside the example.
wharfinger apply worker.yaml --wait --timeout 90s
