"""Fill the templates of a PodSpec in: values of env, paths of mounts, sources of volumes, the host name.

A node that the scheduler has yet to choose is told by the downward API: where Kubernetes expands ``$(VARIABLE)``, its
name is such a variable, by a fieldRef on ``spec.nodeName``. That is in env, and in subPathExpr, which a subPath becomes
then. Elsewhere it is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeGuard

from wharfinger.api.findings import Path
from wharfinger.api.resource import Object
from wharfinger.render import names
from wharfinger.render.templating.grammar import Part, TemplateError
from wharfinger.render.templating.language import Known, Missing, NodeName, Text, expand
from wharfinger.render.templating.values import Values

NODE_NAME_VARIABLE: Final = "WHARFINGER_NODE_NAME"
"""In the environment of a container that asks for its node: the node's name."""

_NODE_NAME: Final = {"name": NODE_NAME_VARIABLE, "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
_REFERENCE: Final = f"$({NODE_NAME_VARIABLE})"
_CONTAINERS: Final = ("containers", "initContainers")
_SOURCES: Final = {"hostPath": "path", "nfs": "path", "persistentVolumeClaim": "claimName"}
"""Of a volume: Swarm's mount source."""
_ATTRIBUTES: Final = ("csi", "volumeAttributes")
"""Of a volume: Swarm's driver options."""
_ILLEGAL: Final = re.compile(r"[^a-z0-9-]+")


def expanded(spec: Object, values: Values) -> Object:
    """The PodSpec of one task. TemplateError for what `template_findings` calls an error. The spec is not changed."""
    if not any(is_template(text) for _, text in texts(spec)):
        return spec
    known = values.known
    made = dict(spec)
    for kind in _CONTAINERS:
        if spec.get(kind):
            made[kind] = [_container(each, known) for each in spec[kind]]
    if spec.get("volumes"):
        made["volumes"] = [_volume(each, known) for each in spec["volumes"]]
    if is_template(spec.get("hostname")):
        made["hostname"] = legal_hostname(_settled(expand(spec["hostname"], known)))
    return made


def is_template(text: object) -> TypeGuard[str]:
    """Whether there is anything to fill in."""
    return isinstance(text, str) and "{{" in text


def texts(spec: Object) -> Iterator[tuple[Path, Any]]:
    """All that may be a template in a PodSpec, whole or partial, with its path."""
    for kind in _CONTAINERS:
        for index, container in enumerate(spec.get(kind) or ()):
            for place, text in _of_container(container):
                yield (kind, index, *place), text
    for index, volume in enumerate(spec.get("volumes") or ()):
        for place, text in _of_volume(volume):
            yield ("volumes", index, *place), text
    yield ("hostname",), spec.get("hostname")


def _of_container(container: Object) -> Iterator[tuple[Path, Any]]:
    for index, variable in enumerate(container.get("env") or ()):
        yield ("env", index, "value"), variable.get("value")
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        for field in ("mountPath", "subPath", "subPathExpr"):
            yield ("volumeMounts", index, field), mount.get(field)


def _of_volume(volume: Object) -> Iterator[tuple[Path, Any]]:
    for source, field in _SOURCES.items():
        yield (source, field), (volume.get(source) or {}).get(field)
    kind, field = _ATTRIBUTES
    for name, text in ((volume.get(kind) or {}).get(field) or {}).items():
        yield (kind, field, name), text


def tried(place: Path, text: str, known: Known) -> None:
    """TemplateError where `expanded` could not fill in the text of that place."""
    filled = expand(text, known)
    if place[-1] in ("value", "subPath", "subPathExpr") and "volumes" not in place:
        _referring(filled)
    elif place[-1] == "hostname":
        legal_hostname(_settled(filled))
    else:
        _settled(filled)


def _container(container: Object, known: Known) -> Object:
    made = dict(container)
    if container.get("env"):
        made["env"] = [_variable(each, known) for each in container["env"]]
    if container.get("volumeMounts"):
        made["volumeMounts"] = [_mount(each, known) for each in container["volumeMounts"]]
    return _with_node_name(made)


def _with_node_name(container: Object) -> Object:
    """The variable stands first: only those before it are known to a variable that refers to others."""
    told = [each.get("value") for each in container.get("env") or ()]
    told += [each.get("subPathExpr") for each in container.get("volumeMounts") or ()]
    if not any(_REFERENCE in text for text in told if text):
        return container
    others = [each for each in container.get("env") or () if each["name"] != NODE_NAME_VARIABLE]
    return {**container, "env": [_NODE_NAME, *others]}


def _variable(variable: Object, known: Known) -> Object:
    text = variable.get("value")
    return {**variable, "value": _referring(expand(text, known))} if is_template(text) else variable


def _mount(mount: Object, known: Known) -> Object:
    made = dict(mount)
    if is_template(mount.get("mountPath")):
        made["mountPath"] = _settled(expand(mount["mountPath"], known))
    if is_template(mount.get("subPathExpr")):
        made["subPathExpr"] = _referring(expand(mount["subPathExpr"], known))
    if is_template(mount.get("subPath")):
        filled = expand(mount["subPath"], known)
        if any(isinstance(each, NodeName) for each in filled):
            del made["subPath"]
            made["subPathExpr"] = _referring(tuple(_as_filled(each) for each in filled))
        else:
            made["subPath"] = _settled(filled)
    return made


def _volume(volume: Object, known: Known) -> Object:
    made = dict(volume)
    for source, field in _SOURCES.items():
        text = (volume.get(source) or {}).get(field)
        if is_template(text):
            made[source] = {**volume[source], field: _settled(expand(text, known))}
    kind, field = _ATTRIBUTES
    if options := (volume.get(kind) or {}).get(field):
        filled = {name: _settled(expand(text, known)) if is_template(text) else text for name, text in options.items()}
        made[kind] = {**volume[kind], field: filled}
    return made


def legal_hostname(text: str) -> str:
    """A host name as Kubernetes takes one: ``web.1.x3k`` is ``web-1-x3k``. TemplateError where nothing is left."""
    legal = _ILLEGAL.sub("-", text.lower()).strip("-")
    if not legal:
        raise TemplateError(f"`{text}` is no host name: letters, digits and dashes")
    return names.fitted(legal)


def _settled(text: Text) -> str:
    """A text where Kubernetes expands nothing: the node must be known."""
    return "".join(_each(part, str, _not_known) for part in text)


def _referring(text: Text) -> str:
    """A text where Kubernetes expands ``$(VARIABLE)``: what was filled in is no reference, whatever stands in it."""
    return "".join(_each(part, _escaped, lambda: _REFERENCE) for part in text)


def _each(part: Part | NodeName | Missing, fill: Callable[[str], str], node: Callable[[], str]) -> str:
    if isinstance(part, Missing):
        raise TemplateError(f"a node's platform cannot be told: {part.why}")
    if isinstance(part, NodeName):
        return node()
    return fill(part.text) if part.filled else part.text


def _not_known() -> str:
    raise TemplateError("the node is not known before the task is scheduled; here nothing could tell it later")


def _as_filled(part: Part | NodeName | Missing) -> Part | NodeName | Missing:
    """What was written, as literal as what was filled in: a subPath knows no references."""
    return Part(part.text) if isinstance(part, Part) else part


def _escaped(text: str) -> str:
    return text.replace("$", "$$")
