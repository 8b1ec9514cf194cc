"""What `helm test` runs, in the operator's own image: every replica is ready, and somebody leads.

Arguments: name and port of the metrics Service, and how many Leases there are. It is headless: its name stands for the
addresses of the replicas that are ready. Replicas come and Leases change hands within seconds, so it asks again until
all is well or a minute is over. Exit code 1 and the last answer then. The standard library is all that it needs.
"""

import ipaddress
import re
import socket
import sys
import time
import urllib.request

PATIENCE = 60.0
"""Seconds until it gives up; a Lease that was not given back is free after 15."""


def main(service: str, port: int, leases: int) -> int:
    """Ask until all is well; the exit code."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            wrong, seen = look(service, port, leases)
        except OSError as error:  # no such name yet, nobody listens, an answer that is none
            wrong, seen = f"{service}:{port}: {error}", ""
        if not wrong:
            print(seen)
            return 0
        if time.monotonic() > until:
            print(wrong, file=sys.stderr)
            return 1
        time.sleep(1)


def look(service: str, port: int, leases: int) -> tuple[str, str]:
    """What is wrong, if anything, and what was seen. Raises OSError where a replica does not answer with 200."""
    addresses = sorted({str(info[4][0]) for info in socket.getaddrinfo(service, port, type=socket.SOCK_STREAM)})
    held = 0
    for address in addresses:
        get(address, port, "/readyz")
        held += leading(get(address, port, "/metrics"))
    seen = f"{len(addresses)} replicas are ready, {held} of {leases} Leases are held"
    return ("" if held == leases else seen), seen


def get(address: str, port: int, path: str) -> str:
    """The body of an answer. Raises OSError where there is none, or one that says no."""
    host = f"[{address}]" if ipaddress.ip_address(address).version == 6 else address
    with urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=5) as answer:
        return str(answer.read().decode())


def leading(metrics: str) -> int:
    """How many Leases a replica says that it holds."""
    return sum(float(value) == 1 for value in re.findall(r"^wharfinger_leader\{[^}]*\} (\S+)$", metrics, re.MULTILINE))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
