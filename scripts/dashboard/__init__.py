"""The Grafana dashboard, written as code: `rows` says what is shown, `panels` how, and this turns it into JSON.

Run as ``python -m scripts.dashboard`` it writes helm/wharfinger/files/dashboard.json anew, which nobody edits by hand.
"""
