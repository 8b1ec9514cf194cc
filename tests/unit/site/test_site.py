"""The site of docs/: it builds strictly, every page is reached, and every link of the repository leads somewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from scripts.site.__main__ import main
from scripts.site.layout import ROOT, contents, lay_out, pages
from scripts.site.links import Link, anchors, for_site, links, replaced, resolved
from scripts.site.nav import expanded

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A repository with two pages, and what every site has."""
    root = tmp_path / "repository"
    for name, text in {
        "mkdocs.yml": "site_name: Small\ndocs_dir: pages\nsite_dir: site\nnav: [index.md, '*.md']",
        "docs/README.md": "# Home\n\n[more](more.md#there)",
        "docs/more.md": "# More\n\n## There\n",
        "CONTRIBUTING.md": "# Contributing",
        "CHANGELOG.md": "# Changes",
        "SECURITY.md": "# Security",
        "scripts/site/site.css": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_the_site_builds(tmp_path: Path) -> None:
    """Strictly: a link or an anchor within docs/ that leads nowhere is an error."""
    assert main(["build", "--folder", str(tmp_path)]) == 0
    site = tmp_path / "site"
    for page in ("", "quick-start", "reference/containerworkload", "designs", "contributing"):
        assert (site / page / "index.html").is_file(), page
    home = (site / "index.html").read_text()
    assert 'href="quick-start/"' in home
    assert (site / "status-watch.svg").is_file()


def test_nothing_is_fetched_from_elsewhere(tmp_path: Path) -> None:
    main(["build", "--folder", str(tmp_path)])
    home = (tmp_path / "site/index.html").read_text()
    for attribute in ('src="http', 'rel="stylesheet" href="http', 'rel="preconnect"', "fonts.g"):
        assert attribute not in home


@pytest.mark.parametrize("link", ["gone.md", "more.md#gone"])
def test_a_link_that_leads_nowhere_fails_the_build(
    small: Path, tmp_path: Path, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small / "docs/README.md").write_text(f"# Home\n\n[broken]({link})")
    monkeypatch.setattr("scripts.site.__main__.lay_out", lambda folder: lay_out(folder, small))
    assert main(["build", "--folder", str(tmp_path / "out")]) == 1


def test_the_small_one_builds_otherwise(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.site.__main__.lay_out", lambda folder: lay_out(folder, small))
    assert main(["build", "--folder", str(tmp_path / "out")]) == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere_on_a_code_host(page: Path) -> None:
    """The same pages as plain files: each target is there, with the heading that it names."""
    source = page.relative_to(ROOT).as_posix()
    for link in links(page.read_text(encoding="utf-8")):
        if not link.local:
            continue
        goal = ROOT / resolved(source, link)
        assert goal.exists(), f"{source}: {link.target}"
        if link.anchor:
            assert link.anchor in anchors(goal.read_text(encoding="utf-8")), f"{source}: {link.target}"


def test_every_page_is_reached_by_the_navigation() -> None:
    config = yaml.safe_load(contents()["mkdocs.yml"])
    shown = str(config["nav"])
    for place in pages().values():
        assert place in shown or not place.endswith(".md")


def test_patterns_take_what_is_named_nowhere_else() -> None:
    nav = ["index.md", {"How-to": ["howto/*.md", {"More": "more.md"}]}, {"Rest": ["howto/first.md"]}]
    there = ["index.md", "more.md", "howto/b.md", "howto/a.md", "howto/first.md"]
    assert expanded(nav, there) == [
        "index.md",
        {"How-to": ["howto/a.md", "howto/b.md", {"More": "more.md"}]},
        {"Rest": ["howto/first.md"]},
    ]


def test_a_page_that_nobody_names_is_an_error_and_so_is_one_that_is_not_there() -> None:
    with pytest.raises(ValueError, match=r"leaves out b\.md"):
        expanded(["a.md"], ["a.md", "b.md"])
    with pytest.raises(ValueError, match=r"names b\.md"):
        expanded(["a.md", "b.md"], ["a.md"])


def test_links_are_told_as_the_site_has_them(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    placed = {"docs/a.md": "a.md", "docs/designs/README.md": "designs/index.md", "CONTRIBUTING.md": "contributing.md"}
    text = (
        "[own](#x) [out](https://example.com) [why](designs) [how](../CONTRIBUTING.md#y) [`m`](../manifests)\n"
        "`[code](gone.md)`\n```\n[code](gone.md)\n```\n"
    )
    assert for_site(text, "docs/a.md", placed, tmp_path) == (
        "[own](#x) [out](https://example.com) [why](designs/index.md) [how](contributing.md#y) `m`\n"
        "`[code](gone.md)`\n```\n[code](gone.md)\n```\n"
    )
    with pytest.raises(ValueError, match=r"docs/a\.md: the link to gone\.md leads nowhere"):
        for_site("[x](gone.md)", "docs/a.md", placed, tmp_path)


def test_links_and_anchors_are_found_outside_of_code() -> None:
    text = "# A `b`: c, d-e\n\n![p](q.png) `[no](r)` [`s`](t#u)\n\n```console\n# no heading\n```\n"
    assert links(text) == [Link("p", "q.png", True), Link("`s`", "t#u", False)]
    assert anchors(text) == {"a-b-c-d-e"}
    assert replaced("[a](b) `[a](b)`", lambda _: "x") == "x `[a](b)`"


def test_what_is_right_already_is_left_alone_and_what_is_gone_goes(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    lay_out(out, small)
    before = (out / "pages/index.md").stat().st_mtime_ns
    (small / "docs/more.md").unlink()
    with pytest.raises(ValueError, match="leads nowhere"):
        lay_out(out, small)
    assert (out / "pages/more.md").exists(), "what was right before stays"
    (small / "docs/more.md").write_text("# More\n\n## There, as before\n\n## There\n")
    (small / "docs/other.md").write_text("# Other")
    lay_out(out, small)
    assert (out / "pages/other.md").exists()
    assert (out / "pages/index.md").stat().st_mtime_ns == before
    (small / "docs/other.md").unlink()
    lay_out(out, small)
    assert not (out / "pages/other.md").exists()
