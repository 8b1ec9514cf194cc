"""Compose files and Swarm stacks: documents in, ContainerWorkloads and what they need out, with findings.

- `go`: the program that reads documents with compose-go, the parser of `docker compose` itself.
- `parser`: that program, kept running, and what it answers.
"""
