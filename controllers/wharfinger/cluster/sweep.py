"""All clusters of this user, and those that nobody will take down any more."""

from wharfinger.cluster import process, state
from wharfinger.cluster.cluster import Cluster
from wharfinger.cluster.paths import clusters_dir


def clusters() -> list[Cluster]:
    """Every cluster, running or not, by name."""
    return [Cluster(path.parent.name) for path in sorted(clusters_dir().glob(f"*/{state.FILE}"))]


def sweep() -> None:
    """Take down the clusters whose owner has gone without doing so, such as a test run that was killed."""
    for cluster in clusters():
        current = state.load(cluster.root)
        if current and current.owner and not process.is_alive(current.owner):
            cluster.down()
