"""Configs and secrets: ConfigMaps and Secrets named by their content, so that a change rolls out, and files of them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from posixpath import normpath
from typing import Final

from wharfinger.api.resource import Object
from wharfinger.api.status import Finding, Severity
from wharfinger.compose import names
from wharfinger.compose.groups.binds import MOST_FILES, bound_files
from wharfinger.compose.groups.labels import as_annotations, label_findings
from wharfinger.compose.groups.objects import metadata
from wharfinger.compose.part import Context, Part, Service, located
from wharfinger.compose.rows import Row

KEY: Final = "file"
"""The key of a ConfigMap or Secret that holds the content; of external ones, too."""
_MOST: Final = 1_000_000
"""Bytes: Kubernetes takes a mebibyte with everything."""


@dataclass(frozen=True, slots=True)
class Sort:
    """What configs and secrets differ in."""

    attribute: str
    """Of a service, and of the project."""
    kind: str
    directory: str
    """Of a target that is not absolute."""
    reference: str
    """Field of `spec.files[]`."""


CONFIGS: Final = Sort("configs", "ConfigMap", "/", "configMapRef")
SECRETS: Final = Sort("secrets", "Secret", "/run/secrets/", "secretRef")
_SORTS: Final = (CONFIGS, SECRETS)


def _rows(sort: Sort) -> Iterator[Row]:
    above, below = sort.attribute, f"services.*.{sort.attribute}"
    made = f"an immutable {sort.kind}, named by its content, so that a change rolls out"
    yield Row(f"{above}.*.file", "partly", f"{made}; the file must be among those given")
    if sort is CONFIGS:
        yield Row(f"{above}.*.content", "honoured", made)
    yield Row(f"{above}.*.environment", "honoured", f"{made}; of what interpolation sees")
    yield Row(
        f"{above}.*.external",
        "partly",
        f"the {sort.kind} is used (key `{KEY}`), and not made; a finding says so",
        whole=True,
    )
    yield Row(f"{above}.*.name", "honoured", f"beginning of the {sort.kind}'s name; the key if absent")
    yield Row(f"{above}.*.labels", "honoured", f"annotations of the {sort.kind}")
    yield Row(f"{above}.*.template_driver", "partly", "the content goes as it is; a finding where it has templates")
    if sort is SECRETS:
        yield Row(f"{above}.*.driver", "reported", "the content must come from elsewhere; a finding says how")
        yield Row(f"{above}.*.driver_opts", "reported", "see `driver`")
    yield Row(below, "honoured", f"`spec.files`, at {sort.directory}SOURCE if there is no `target`", whole=True)
    yield Row(f"{below}.mode", "honoured", "`mode` of the file; 0444 if absent")
    yield Row(f"{below}.uid", "partly", "files are root's; another has a finding")
    yield Row(f"{below}.gid", "partly", "likewise")


ROWS: Final = tuple(row for sort in _SORTS for row in _rows(sort))


def top_level(context: Context) -> Part:
    """The objects that services use."""
    used = [(sort, key) for sort in _SORTS for key in context.project.get(sort.attribute) or {}]
    used = [(sort, key) for sort, key in used if key in context.once(_used)[sort.attribute]]
    objects = [_object(context, sort, key) for sort, key in used if _content(context, sort, key) is not None]
    return Part(
        objects=tuple(objects),
        findings=tuple(finding for sort, key in used for finding in _above_findings(context, sort, key)),
    )


def part(service: Service) -> Part:
    """`spec.files`."""
    files = [_file(service, sort, each) for sort in _SORTS for each in service.data.get(sort.attribute) or ()]
    return Part(spec={"files": files} if files else {}, findings=(*_findings(service), *_file_findings(service)))


def _file_findings(service: Service) -> Iterator[Finding]:
    """What no workload takes: too many files, two of one path."""
    paths = [each["path"] for each in bound_files(service)]
    paths += [_file(service, sort, each)["path"] for sort in _SORTS for each in service.data.get(sort.attribute) or ()]
    if len(paths) > MOST_FILES:
        message = f"has {len(paths)} files; a workload takes {MOST_FILES}; put some into the image, or into a volume"
        yield service.finding("", "error", "TooManyFiles", message)
    for path in sorted({path for path in paths if paths.count(path) > 1}):
        yield service.finding("", "error", "FileTwice", f"{path} is mounted twice; leave one of them out")


def _used(context: Context) -> dict[str, frozenset[str]]:
    """By attribute: the keys that services name."""
    services = (context.project.get("services") or {}).values()
    return {
        sort.attribute: frozenset(each["source"] for data in services for each in _uses(context, sort, data))
        for sort in _SORTS
    }


def _uses(context: Context, sort: Sort, data: Object) -> list[Object]:
    """Where a service, or its build, names one."""
    build: Object = data.get("build") or {}
    of_build = build.get(sort.attribute) or () if context.defaults.builder else ()
    return [*(data.get(sort.attribute) or ()), *of_build]


def _entry(context: Context, sort: Sort, key: str) -> Object:
    found: Object = (context.project.get(sort.attribute) or {}).get(key) or {}
    return found


def _content(context: Context, sort: Sort, key: str) -> str | None:
    """None where it is external, or not to be had."""
    entry = _entry(context, sort, key)
    if entry.get("external") or entry.get("driver"):
        return None
    if "content" in entry:
        return str(entry["content"])
    if "environment" in entry:
        return context.environment.get(entry["environment"])
    return context.once(_files).get(normpath(str(entry.get("file", ""))))


def _files(context: Context) -> dict[str, str]:
    """The files that were given, by their shortest paths."""
    return {normpath(path): text for path, text in context.files.items()}


def object_name(context: Context, sort: Sort, key: str) -> str:
    """Name of the ConfigMap or Secret. Of what is not ours to make, the name as it is written."""
    entry = _entry(context, sort, key)
    name = str(entry.get("name") or key)
    own = key if name == f"{context.project.get('name')}_{key}" else name
    content = _content(context, sort, key)
    if content is None:
        return name if entry.get("external") else names.legal(own)
    told = "\0".join((context.namespace, sort.attribute, key, content))
    return f"{names.legal(own)}-{blake2b(told.encode(), digest_size=5).hexdigest()}"


def _object(context: Context, sort: Sort, key: str) -> Object:
    content = _content(context, sort, key) or ""
    meta = metadata(context, object_name(context, sort, key))
    if told := as_annotations(_entry(context, sort, key).get("labels")):
        meta["annotations"] = told
    held = b64encode(content.encode()).decode() if sort is SECRETS else content
    return {"apiVersion": "v1", "kind": sort.kind, "metadata": meta, "immutable": True, "data": {KEY: held}}


def _file(service: Service, sort: Sort, used: Object) -> Object:
    reference = {"name": object_name(service.context, sort, used["source"]), "key": KEY}
    target = str(used.get("target") or used["source"])
    path = target if target.startswith("/") else sort.directory + target
    return {"path": path, sort.reference: reference, "mode": _mode(used)}


def _mode(used: Object) -> int:
    """As compose-go writes it: octal digits."""
    return int(str(used.get("mode") or "0444"), 8) & 0o777


def _findings(service: Service) -> Iterator[Finding]:
    for sort in _SORTS:
        for index, used in enumerate(service.data.get(sort.attribute) or ()):
            for name in ("uid", "gid"):
                if str(used.get(name) or "0") != "0":
                    severity: Severity = "info" if _mode(used) & 0o004 else "warning"
                    message = f"the file is root's, not that of {used[name]}; write a `mode` with which it can be read"
                    yield service.finding(f"{sort.attribute}[{index}].{name}", severity, "OwnerNotSet", message)


def _above_findings(context: Context, sort: Sort, key: str) -> Iterator[Finding]:
    entry, path = _entry(context, sort, key), f"{sort.attribute}.{key}"
    content, name = _content(context, sort, key), object_name(context, sort, key)
    if entry.get("external") or entry.get("driver"):
        yield from _needed(context, sort, path, name, entry)
    elif content is None:
        source = "environment" if "environment" in entry else "file"
        yield located(context.document, f"{path}.{source}", "error", "ContentMissing", _missing(entry))
    elif len(content.encode()) > _MOST:
        message = f"has {len(content.encode())} bytes; a {sort.kind} holds {_MOST} at most; put it into the image"
        yield located(context.document, path, "error", "ContentTooLarge", message)
    yield from label_findings(context, f"{path}.labels", entry.get("labels"))
    if entry.get("template_driver") and "{{" in (content or "{{"):
        message = "templates in the content are not filled in; write the content out, or fill it in by the command"
        yield located(context.document, f"{path}.template_driver", "warning", "NotATemplate", message)


def _needed(context: Context, sort: Sort, path: str, name: str, entry: Object) -> Iterator[Finding]:
    if name != name.lower() or not name.replace("-", "").replace(".", "").isalnum():
        message = (
            f"`{name}` is no name of a {sort.kind}; write lower-case letters, digits and dashes, as the cluster has it"
        )
        yield located(context.document, path, "error", "NameNotLegal", message)
        return
    message = f"the {sort.kind} {name}, with the key `{KEY}`, must be in the namespace: it is used, and not made"
    if driver := entry.get("driver"):
        message += f"; {driver} is Swarm's plugin: have an operator for external secrets write it"
    if entry.get("driver_opts"):
        no_effect = "is for the plugin, and has no effect; tell it to what writes the Secret"
        yield located(context.document, f"{path}.driver_opts", "warning", "ContentNeeded", no_effect)
    severity: Severity = "warning" if driver else "info"
    where = f"{path}.driver" if driver else f"{path}.external"
    yield located(context.document, where, severity, "ContentNeeded", message)


def _missing(entry: Object) -> str:
    if "environment" in entry:
        return f"the variable {entry['environment']} is not set; give it by --env or --env-file"
    return f"{entry.get('file')} is not among the files that were given; put it below the document's directory"
