"""Documents that mean harm: each with what a person is told."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

WEB: Final = "services: {web: {image: web}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """A document, compose.yaml, and what goes with it."""

    name: str
    text: str
    said: str
    """A part of the error."""
    files: Mapping[str, str] = field(default_factory=dict)


def harms() -> Iterator[Harm]:
    """All of them. Each is short enough for one Kubernetes object."""
    yield from _files_of_others()
    yield from _remote()
    yield from _cycles()
    yield from _huge()
    yield from _no_project()


def _files_of_others() -> Iterator[Harm]:
    outside = "is not among the files that were given"
    more = {"more.yaml": "services: {more: {image: more}}"}
    for name, text in {
        "env_file above": "services: {web: {image: web, env_file: ../../etc/passwd}}",
        "env_file absolute": "services: {web: {image: web, env_file: /etc/passwd}}",
        "env_file of a process": "services: {web: {image: web, env_file: /proc/self/environ}}",
        "env_file, optional": "services: {web: {image: web, env_file: [{path: /etc/passwd, required: false}]}}",
        "env_file by a variable": "services: {web: {image: web, env_file: '${UP:-../../../../../..}/etc/passwd'}}",
        "label_file": "services: {web: {image: web, label_file: /etc/passwd}}",
        "config absolute": "configs: {a: {file: /etc/passwd}}\nservices: {web: {image: web, configs: [a]}}",
        "config above": "configs: {a: {file: ../../etc/passwd}}\nservices: {web: {image: web, configs: [a]}}",
        "secret": "secrets: {a: {file: ../../etc/shadow}}\nservices: {web: {image: web, secrets: [a]}}",
        "extends": "services: {web: {extends: {file: /etc/passwd, service: a}}}",
        "include": f"include: [/etc/passwd]\n{WEB}",
        "include above": f"include: [../../../../../../etc/passwd]\n{WEB}",
        "env_file of an include": f"include: [{{path: more.yaml, env_file: /etc/passwd}}]\n{WEB}",
    }.items():
        yield Harm(name=name, text=text, said=outside, files=more)


def _remote() -> Iterator[Harm]:
    for where in (
        "https://example.com/compose.yaml",
        "http://169.254.169.254/latest/meta-data",
        "https://example.com/shop.git",
        "git@example.com:shop/shop.git",
        "ssh://git@example.com/shop",
        "oci://registry.example.com/shop:1",
    ):
        yield Harm(name=f"include {where}", text=f"include: ['{where}']\n{WEB}", said="nothing is fetched")
    extends = "services: {web: {extends: {file: 'https://example.com/a.yaml', service: a}}}"
    yield Harm(name="extends from elsewhere", text=extends, said="nothing is fetched")


def _cycles() -> Iterator[Harm]:
    yield Harm(name="include of itself", text=f"include: [compose.yaml]\n{WEB}", said="cycle")
    files = {"a.yaml": "include: [b.yaml]", "b.yaml": "include: [a.yaml]"}
    yield Harm(name="include in a ring", text=f"include: [a.yaml]\n{WEB}", said="cycle", files=files)
    ring = "services: {a: {extends: b, image: a}, b: {extends: a, image: b}}"
    yield Harm(name="extends in a ring", text=ring, said="ircular")
    waits = "services: {a: {image: a, depends_on: [b]}, b: {image: b, depends_on: [a]}}"
    yield Harm(name="depends_on in a ring", text=waits, said="cycle")
    yield Harm(name="an alias of itself", text=f"x-a: &a [*a]\n{WEB}", said="levels of nesting")


def _huge() -> Iterator[Harm]:
    large = "too large once its aliases are replaced"
    yield Harm(name="aliases of lists", text=_bomb("[1,1,1,1,1,1,1,1,1,1]", "[{}]", "*"), said=large)
    yield Harm(name="merged aliases", text=_bomb("{image: web}", "{{<<: [{}]}}", "*"), said=large)
    labels = ",".join(f"l{number}: *a" for number in range(10_000))
    text = f"x-a: &a {'a' * 1000}\nservices: {{web: {{image: web, labels: {{{labels}}}}}}}"
    yield Harm(name="a long text, often", text=text, said=large)
    yield Harm(name="ports", text="services: {web: {image: web, ports: ['1-65535:1-65535']}}", said="a range of more")
    yield Harm(name="expose", text="services: {web: {image: web, expose: ['1-9999999999']}}", said="a range of more")
    by_variable = "services: {web: {image: web, expose: ['1-${LAST:-9999999999}']}}"
    yield Harm(name="expose by a variable", text=by_variable, said="is no port")
    services = "\n".join(f"  s{number}: {{image: web}}" for number in range(10_000))
    yield Harm(name="10,000 services", text=f"services:\n{services}", said="10000 services; at most")
    yield Harm(name="open brackets", text="x-a: " + "[" * 100_000, said="max depth")
    yield Harm(name="nested lists", text=f"x-a: {'[' * 5000}{']' * 5000}\n{WEB}", said="levels of nesting")
    yield Harm(
        name="nested blocks", text="\n".join(" " * depth + "a:" for depth in range(500)), said="levels of nesting"
    )
    nested = "${A:-" * 5000 + "x" + "}" * 5000
    yield Harm(name="nested variables", text=f"services: {{web: {{image: '{nested}'}}}}", said="variables in one value")
    growing = ["A0=xxxxxxxxxx", *(f"A{number}={f'${{A{number - 1}}}' * 10}" for number in range(1, 12))]
    said = "too much memory"
    yield Harm(name="growing variables", text=WEB, said=said, files={".env": "\n".join(growing)})


def _bomb(first: str, template: str, mark: str) -> str:
    """Nine levels, each ten times the one before."""
    lines = [f"x-a: &a {first}"]
    for below, name in itertools.pairwise("abcdefghi"):
        lines.append(f"x-{name}: &{name} {template.format(','.join([f'{mark}{below}'] * 10))}")
    return "\n".join([*lines, WEB])


def _no_project() -> Iterator[Harm]:
    for name, text in {"a list": "[1, 2]", "a number": "7", "a text": "just words", "null": "null"}.items():
        yield Harm(name=name, text=text, said="must be a mapping")
    yield Harm(name="nothing", text="# nothing", said="empty")
    yield Harm(name="services as a list", text="services: [web]", said="must be a mapping")
    yield Harm(name="an escaped NUL", text='services: {web: {image: "we\\0b"}}', said="NUL")
    yield Harm(name="a program in a tag", text="services: {web: !!python/object/apply:os.system [id]}", said="mapping")
