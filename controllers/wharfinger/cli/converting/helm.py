"""Objects as a Helm chart: each a template, with values for images, replicas and volumes.

Without values of one's own the chart renders the very objects, in the namespace of the release.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from wharfinger.cli import console
from wharfinger.cli.converting.images import Image, holders, image

Object = dict[str, Any]

_SCALED: Final = ("Deployment", "StatefulSet")
_UNCOUNTED: Final = ("daemon", "job", "cron", "pod")
"""Modes of a ContainerWorkload whose `replicas` has no meaning."""


def chart(name: str, objects: Sequence[Object]) -> dict[str, str]:
    """The files of a chart, by path."""
    made = [_template(obj) for obj in objects]
    values: dict[str, Object] = {"services": {}, "volumes": {}}
    for template in made:
        for section, entries in template.values.items():
            for key, told in entries.items():
                values[section].setdefault(key, {}).update(told)
    files = {f"templates/{_file(obj)}": template.text for obj, template in zip(objects, made, strict=True)}
    about = {
        "apiVersion": "v2",
        "name": name,
        "description": f"The services of {name}",
        "type": "application",
        "version": "0.1.0",
    }
    return {"Chart.yaml": console.yaml_text(about), "values.yaml": console.yaml_text(values)} | files


def _file(obj: Object) -> str:
    return f"{obj['kind'].lower()}-{obj['metadata']['name']}.yaml"


@dataclass
class _Template:
    """A template in the making: marks in the object, and what stands for them in the text."""

    obj: Object
    values: dict[str, dict[str, Object]] = field(default_factory=lambda: {"services": {}, "volumes": {}})
    marks: dict[str, str] = field(default_factory=dict)
    optional: dict[str, str] = field(default_factory=dict)
    """Of marks whose line is left out where the value is null."""

    def mark(self, expression: str, *, optional: str = "") -> str:
        """A text that no document has, in the place of a value."""
        made = f"wharfinger-mark-{len(self.marks)}-"
        self.marks[made] = expression
        if optional:
            self.optional[made] = optional
        return made

    def value(self, section: str, key: str, told: Object) -> str:
        """Remember a value; how the template names what has it."""
        self.values[section].setdefault(key, {}).update(told)
        return f'(index .Values.{section} "{key}")'

    @property
    def text(self) -> str:
        """What is written as ``{{`` is no template of ours."""
        lines = console.yaml_text(self.obj).replace("{{", '{{ "{{" }}').split("\n")
        return "\n".join(line for each in lines for line in self._lines(each))

    def _lines(self, line: str) -> Iterator[str]:
        mark = next((mark for mark in self.marks if mark in line), None)
        if mark is None:
            yield line
            return
        filled = line.replace(mark, self.marks[mark])
        condition = self.optional.get(mark)
        yield from [f"{{{{- if {condition} }}}}", filled, "{{- end }}"] if condition else [filled]


def _template(obj: Object) -> _Template:
    made = _Template(deepcopy(obj))
    if "namespace" in obj["metadata"]:
        made.obj["metadata"]["namespace"] = made.mark("{{ .Release.Namespace }}")
    for container, holder in holders(made.obj):
        holder["image"] = _image(made, container, image(holder["image"]))
    _replicas(made)
    _volume(made)
    return made


def _image(made: _Template, container: str, named: Image) -> str:
    told = {"repository": named.repository, "tag": named.tag} | ({"digest": named.digest} if named.digest else {})
    it = f"{made.value('services', container, {'image': told})}.image"
    digest = f"{{{{ with {it}.digest }}}}@{{{{ . }}}}{{{{ end }}}}" if named.digest else ""
    return made.mark(f'"{{{{ {it}.repository }}}}{{{{ with {it}.tag }}}}:{{{{ . }}}}{{{{ end }}}}{digest}"')


def _replicas(made: _Template) -> None:
    """Null where the object has none, so that its own default, or an autoscaler, counts."""
    obj, spec = made.obj, made.obj.get("spec") or {}
    counted = obj["kind"] == "ContainerWorkload" and spec.get("mode") not in _UNCOUNTED and "autoscale" not in spec
    per_node = (spec.get("tasks") or {}).get("scheduling", "").startswith("global")
    if per_node or not (counted or obj["kind"] in _SCALED):
        return
    it = made.value("services", obj["metadata"]["name"], {"replicas": spec.get("replicas")})
    condition = f'not (kindIs "invalid" {it}.replicas)'
    spec["replicas"] = made.mark(f"{{{{ int {it}.replicas }}}}", optional=condition)


def _volume(made: _Template) -> None:
    if made.obj["kind"] != "PersistentVolumeClaim":
        return
    spec = made.obj["spec"]
    held = spec["resources"]["requests"]
    told = {"size": held["storage"], "storageClassName": spec.get("storageClassName")}
    it = made.value("volumes", made.obj["metadata"]["name"], told)
    held["storage"] = made.mark(f"{{{{ {it}.size }}}}")
    spec["storageClassName"] = made.mark(f"{{{{ {it}.storageClassName }}}}", optional=f"{it}.storageClassName")
