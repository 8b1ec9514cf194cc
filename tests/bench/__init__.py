"""What the operator costs: ``python -m tests.bench --help``; docs/performance.md explains each figure.

Ratios come from one run on one machine: the operator and a bare client write the very same objects, by turns.
"""
