"""Output is compared by its words: what differs from run to run may differ, and nothing else."""

from __future__ import annotations

import pytest
from tests.support.docs.shape import difference

TABLE = ["NAME       READY   AGE", "web-5c4d   3/3     12s"]


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        (["deployment.apps/web   3/3   1s"], ["deployment.apps/web 2/3 14m"]),
        (["pod web-9979d4fc7-mllqg: exit code 1"], ["pod web-5cc849c697-bbvxz: exit code 137"]),
        (["Service/web  ClusterIP 10.96.162.123 80/TCP"], ["Service/web ClusterIP 10.96.1.2 80/TCP"]),
        (["held by host_f43e00fb"], ["held by host_0a1b2c3d"]),
        (["first", "…", "last"], ["first", "one", "two", "last"]),
        (["first", "…"], ["first", "one"]),
        (["first"], ["", "first", ""]),
        (["Rolled back: …; fix it"], ["Rolled back: for a reason; fix it"]),
    ],
)
def test_what_is_like_it_passes(shown: list[str], came: list[str]) -> None:
    assert difference(shown, came) is None


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        (TABLE, ["NAME READY STATUS AGE", TABLE[1]]),
        (TABLE, [*TABLE, "db-0  1/1  1s"]),
        (TABLE, TABLE[:1]),
        (["web: Ready"], ["web: Stalled"]),
        (["first", "last"], ["first", "one", "last"]),
        (["first", "…", "last"], ["first", "one"]),
        (["web created"], []),
    ],
)
def test_other_words_missing_lines_and_more_lines_do_not(shown: list[str], came: list[str]) -> None:
    assert difference(shown, came)


def test_headers_alone() -> None:
    came = ["LAST SEEN   TYPE     REASON", "3s  Normal  Other"]
    assert difference(["LAST SEEN  TYPE  REASON", "1s  Normal  One"], came, "headers") is None
    assert difference(["LAST SEEN  TYPE  MESSAGE", "1s  Normal  One"], came, "headers")


def test_the_last_line_alone() -> None:
    assert difference(["web: one", "web: Ready"], ["web: other", "web: more", "web: Ready"], "last") is None
    assert difference(["web: one", "web: Ready"], ["web: one", "web: Ready", "more"], "last")
    assert difference(["web: Ready"], [], "last")
