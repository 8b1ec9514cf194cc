"""Links in Markdown: found outside of code, resolved within the repository, and told anew for the site."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

_FENCED = r"^ *(?P<fence>```+|~~~+).*?^ *(?P=fence) *$"
_LINK = r"(?P<image>!?)\[(?P<text>(?:`[^`]*`|[^\]`])*)\]\((?P<target>[^)\s]+)\)"
_CODE = r"(?P<ticks>`+)[^`].*?(?P=ticks)"
_PART = re.compile(f"{_FENCED}|{_LINK}|{_CODE}", re.MULTILINE | re.DOTALL)
"""What a page has besides prose; a link in code is none, code in a link's text is the link's."""
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)


class Link(NamedTuple):
    """A link as it is written."""

    text: str
    target: str
    image: bool

    @property
    def path(self) -> str:
        """The target without its anchor; empty within the page itself."""
        return self.target.partition("#")[0]

    @property
    def anchor(self) -> str:
        """What stands after ``#``."""
        return self.target.partition("#")[2]

    @property
    def local(self) -> bool:
        """Whether it leads to a file of the repository."""
        return not re.match(r"[a-z][a-z0-9+.-]*:|/", self.target)


def links(text: str) -> list[Link]:
    """Every link of a page, but none in code."""
    return [_link(found) for found in _PART.finditer(text) if found["target"]]


def replaced(text: str, by: Callable[[Link], str | None]) -> str:
    """The page with each link told as `by` says; None leaves it as it is."""

    def tell(found: re.Match[str]) -> str:
        told = by(_link(found)) if found["target"] else None
        return found[0] if told is None else told

    return _PART.sub(tell, text)


def _link(found: re.Match[str]) -> Link:
    return Link(found["text"], found["target"], bool(found["image"]))


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, by the rule that code hosts and the site share."""
    prose = _PART.sub(lambda found: "" if found["fence"] else found[0], text)
    return {_slug(heading) for heading in _HEADING.findall(prose)}


def _slug(heading: str) -> str:
    plain = _PART.sub(lambda found: found["text"] or found[0], heading)
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", plain.lower()).strip())


def resolved(source: str, link: Link) -> str:
    """What a link on the page `source` leads to: a path in the repository, as `source` is one."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), link.path)) if link.path else source


def for_site(text: str, source: str, pages: Mapping[str, str], root: Path) -> str:
    """A page with its links as they are within the site.

    `pages` has the site's path for each file that is on it. A link to any other file of the repository becomes its
    text, since a site cannot know where the repository is. Raises ValueError for one that leads nowhere.
    """

    def tell(link: Link) -> str | None:
        if not link.local:
            return None
        goal = resolved(source, link)
        page = pages.get(goal) or pages.get(f"{goal}/README.md")
        if page:
            path = posixpath.relpath(page, posixpath.dirname(pages[source]) or ".")
            return f"{'!' * link.image}[{link.text}]({path if link.path else ''}{'#' * bool(link.anchor)}{link.anchor})"
        if not (root / goal).exists():
            raise ValueError(f"{source}: the link to {link.target} leads nowhere")
        return link.text

    return replaced(text, tell)
