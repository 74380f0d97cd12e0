"""Argo Workflows: workflows, templates and cron workflows, from the entry point downwards.

Source: argo-workflows.readthedocs.io, "Field Reference", "Enhanced Depends Logic".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bezoar.core.finding import Finding
from bezoar.evaluate.pipelines.argo_leaf import Scope, leaf, stored
from bezoar.evaluate.pipelines.argo_templates import (
    Templates,
    defaults,
    dependencies,
    handed,
    roots,
    templates_of,
)
from bezoar.evaluate.pipelines.container_spec import MountPaths, stores_of
from bezoar.evaluate.pipelines.definition import (
    OnFailure,
    Pipeline,
    Reference,
    Step,
    Text,
    Trigger,
)
from bezoar.evaluate.pipelines.faults import cyclic, missing, unreadable
from bezoar.evaluate.pipelines.inline_secrets import is_secret
from bezoar.evaluate.pipelines.ordering import in_order
from bezoar.evaluate.pipelines.reading import Names, bounded, file_name, guarded, load, place
from bezoar.syntax.access import at, fields, is_true, items, text, texts
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar, Sequence
from bezoar.syntax.unreadable import UnreadableError

_KIND: Final = re.compile(
    r"kind[\"']?:\s*[\"']?(?:Cron|Cluster)?Workflow(?:Template)?[\"']?\s*[,\n\r}]"
)
_DEEPEST: Final = 24
_MOST_FILES: Final = 2000
_MOST_DOCUMENTS: Final = 200
_MANY: Final = 5000
_AFTER_FAILURE: Final = re.compile(r"\.(?:Failed|Errored|AllFailed|Completed)\b")
_STRICT: Final = re.compile(r"([\w-]+)\.Succeeded\b")


class Argo:
    """Reads Argo's workflows."""

    format = "argo"

    def claims(self, file: Text) -> bool:
        """Say whether a file names Argo and one of its kinds."""
        if not file.path.endswith((".yaml", ".yml", ".json")) or "argoproj.io" not in file.text:
            return False
        return _KIND.search(file.text) is not None

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return a pipeline for each workflow of a file."""
        return guarded(file, self.format, lambda: list(_parsed(file, others)))


@dataclass(frozen=True)
class _Done:
    """What a call came to: how it begins, how it ends, and what it hands over."""

    ends: tuple[str, ...] = ()
    outputs: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Call:
    """How a template is called."""

    name: str
    after: tuple[str, ...] = ()
    condition: str = ""
    ignored: bool = False
    after_failure: bool = False
    calls: tuple[str, ...] = ()


def _parsed(file: Text, others: Mapping[str, Text]) -> Iterator[Pipeline]:
    documents = load(file)
    if len(documents) > _MOST_DOCUMENTS:
        raise UnreadableError(f"more than {_MOST_DOCUMENTS} documents")
    for document in documents:
        kind = text(document, "kind")
        if not text(document, "apiVersion").startswith("argoproj.io"):
            continue
        if kind in ("Workflow", "CronWorkflow", "WorkflowTemplate", "ClusterWorkflowTemplate"):
            made = _Workflow(file, others, document).pipeline()
            # What has no entry point of its own is looked at where it is used.
            if made is not None and (made.steps or made.found or not kind.endswith("Template")):
                yield made


class _Workflow:
    """Follows one workflow."""

    def __init__(self, file: Text, others: Mapping[str, Text], document: Node) -> None:
        self.file = file
        self.others = others
        self.document = document
        self.kind = text(document, "kind")
        self.names = Names()
        self.paths = MountPaths()
        self.steps: list[Step] = []
        self.found: list[Finding] = []
        self.account = ""
        self._others: dict[str, tuple[str, Node] | None] = {}

    def pipeline(self) -> Pipeline | None:
        """Return the workflow; None for a template that only others use."""
        name = text(self.document, "metadata", "name") or text(
            self.document, "metadata", "generateName"
        )
        spec = at(self.document, "spec")
        triggers = {"CronWorkflow": Trigger.SCHEDULE, "Workflow": Trigger.MANUAL}
        if self.kind == "CronWorkflow":
            spec = at(spec, "workflowSpec")
        if not isinstance(spec, Map):
            self._say(unreadable(self.file.path, "it has no specification", self.document.line))
        elif self.kind.endswith("Template") and name and self._is_used(name):
            return None
        else:
            self._follow(spec)
        return Pipeline(
            name=name.strip("-") or file_name(self.file.path),
            format=Argo.format,
            place=place(self.file.path, self.document.line),
            steps=tuple(self.steps),
            triggers=frozenset({triggers.get(self.kind, Trigger.CALL)}),
            identity=text(spec, "serviceAccountName"),
            found=tuple(self.found),
        )

    def _is_used(self, name: str) -> bool:
        """Say whether another document uses this template: it is looked at there."""
        used = re.compile(
            rf"emplateRef[\"']?:[\s{{]{{0,80}}(?:template:\s*\S{{1,100}}\s+)?[\"']?name[\"']?:"
            rf"\s*[\"']?{re.escape(name)}(?![\w-])"
        )
        files = [self.file, *(self.others[path] for path in list(self.others)[:_MOST_FILES])]
        return any("emplateRef" in one.text and used.search(one.text) for one in files)

    def _follow(self, spec: Map) -> None:
        path, given = self.file.path, spec
        if reference := text(spec, "workflowTemplateRef", "name"):
            known = self._elsewhere(reference, spec.line)
            if known is None:
                return
            path = known[0]
            # What the workflow says itself comes before what the template says.
            base = fields(at(known[1], "spec"))
            merged = {**base, **fields(spec)}
            given = Map(spec.line, [(Scalar(k, v.line, v.line, k), v) for k, v in merged.items()])
        templates = templates_of(path, given)
        self.account = text(given, "serviceAccountName")
        scope = Scope(parameters=self._parameters(spec, given))
        entries_ = [text(given, "entrypoint")]
        if not entries_[0]:
            entries_ = roots(templates.by_name)
        ends: list[str] = []
        for entry in entries_:
            done = self._template(entry, templates, scope, _Call(entry or "main"))
            ends += done.ends
        if handler := text(given, "onExit"):
            self._template(
                handler, templates, scope, _Call("onExit", tuple(ends), after_failure=True)
            )

    def _parameters(self, spec: Node, given: Node) -> dict[str, str]:
        found: dict[str, str] = {}
        base = at(given, "arguments", "parameters")
        for one in [*items(base), *items(at(spec, "arguments", "parameters"))]:
            value = at(one, "value")
            name = text(one, "name")
            if isinstance(value, Scalar):
                if is_secret(name, value.text):
                    continue
                found[f"workflow.parameters.{name}"] = value.text
        return found

    def _template(self, name: str, templates: Templates, scope: Scope, call: _Call) -> _Done:
        """Follow a template that is called by name."""
        template = templates.by_name.get(name)
        if template is None:
            if "{" not in name:
                self._say(missing(templates.path, f"the template {name}"))
            return _Done()
        # Two workflows of one file may each have a template of that name.
        key = f"{templates.path}:{template.line}:{name}"
        if key in call.calls or len(call.calls) > _DEEPEST:
            # With a condition it is a loop, as Argo's own examples write them.
            if not call.condition:
                self._say(cyclic(templates.path, name, template.line))
            return _Done()
        return self._instance(template, templates, scope, replace(call, calls=(*call.calls, key)))

    def _instance(self, template: Node, templates: Templates, scope: Scope, call: _Call) -> _Done:
        """Follow a template where it is called."""
        scope = replace(scope, parameters={**defaults(template), **scope.parameters})
        groups = at(template, "steps")
        tasks = at(template, "dag", "tasks")
        if isinstance(groups, Sequence):
            return self._steps(template, groups, templates, scope, call)
        if isinstance(tasks, Sequence):
            return self._dag(template, tasks, templates, scope, call)
        name = self.names.unique(call.name)
        volumes = templates.volumes | stores_of(at(template, "volumes"))
        where = place(templates.path, template.line)
        made = leaf(template, where, name, scope, (volumes, self.paths))
        if not made.step.commands and not made.step.uses and not made.step.image:
            self._say(
                unreadable(templates.path, f"the template of {name} runs nothing", where.line)
            )
        self.steps.append(
            replace(
                made.step,
                after=call.after,
                on_failure=OnFailure.IGNORED if call.ignored else OnFailure.STOPS,
                runs_after_failure=call.after_failure,
                condition=call.condition,
                identity=made.step.identity or self.account,
            )
        )
        return _Done((name,), made.outputs)

    def _steps(
        self, template: Node, groups: Sequence, templates: Templates, scope: Scope, call: _Call
    ) -> _Done:
        inner = replace(scope, outputs={})
        before = call.after
        ends = call.after
        for number, group in enumerate(groups.items, 1):
            members = group.items if isinstance(group, Sequence) else [group]
            if len(before) * len(members) > _MANY:
                before = (self._barrier(call, number, before, templates),)
            ends_here: list[str] = []
            for member in members:
                done = self._called(member, templates, inner, call, before)
                ends_here += done.ends
            before = ends = tuple(ends_here) or before
        return _Done(ends, handed(template, inner))

    def _dag(
        self, template: Node, tasks: Sequence, templates: Templates, scope: Scope, call: _Call
    ) -> _Done:
        inner = replace(scope, outputs={})
        bounded(len(tasks.items))
        by_name = {text(one, "name") or f"task-{n}": one for n, one in enumerate(tasks.items)}
        needs = {name: list(dependencies(one)) for name, one in by_name.items()}
        ends: dict[str, tuple[str, ...]] = {}
        conditions: dict[str, str] = {}
        needed: set[str] = set()
        for name in in_order(
            needs, lambda one: self._say(cyclic(templates.path, one, by_name[one].line))
        ):
            task = by_name[name]
            needed.update(needs[name])
            after = tuple(end for one in needs[name] for end in ends.get(one, ())) or call.after
            depends = text(task, "depends")
            # `A.Succeeded` is false where A was skipped: what A asked for holds here, too.
            strict = [] if "||" in depends else _STRICT.findall(depends)
            here = replace(
                call,
                condition=_joined(call.condition, *(conditions.get(one, "") for one in strict)),
                after_failure=_AFTER_FAILURE.search(depends) is not None or call.after_failure,
            )
            done = self._called(task, templates, inner, here, after)
            ends[name] = done.ends or after
            conditions[name] = scope.fold(text(task, "when"))
        last = tuple(end for name, given in ends.items() if name not in needed for end in given)
        return _Done(last or call.after, handed(template, inner))

    def _called(
        self,
        node: Node,
        templates: Templates,
        scope: Scope,
        call: _Call,
        after: tuple[str, ...],
    ) -> _Done:
        """Follow one step of a group or one task of a graph."""
        if not isinstance(node, Map):
            self._say(unreadable(templates.path, "a step is no mapping", node.line))
            return _Done()
        name = text(node, "name") or "step"
        proceeds = at(node, "continueOn")
        here = replace(
            call,
            name=name if len(call.calls) == 1 else f"{call.name}/{name}",
            after=after,
            condition=_joined(call.condition, scope.fold(text(node, "when"))),
            ignored=call.ignored
            or is_true(at(proceeds, "failed"))
            or is_true(at(proceeds, "error")),
        )
        inner = self._arguments(node, scope)
        if (inline := at(node, "inline")) is not None:
            done = self._instance(inline, templates, inner, here)
        elif reference := text(node, "templateRef", "name"):
            known = self._elsewhere(reference, node.line)
            if known is None:
                return _Done()
            other = templates_of(known[0], at(known[1], "spec"))
            done = self._template(text(node, "templateRef", "template"), other, inner, here)
        else:
            done = self._template(scope.fold(text(node, "template")), templates, inner, here)
        for output, references in done.outputs.items():
            scope.outputs[name, output] = references
        if handler := text(node, "onExit") or text(node, "hooks", "exit", "template"):
            late = replace(here, name=f"{here.name}/onExit", after=done.ends, after_failure=True)
            self._template(handler, templates, inner, late)
        return done

    def _arguments(self, node: Node, scope: Scope) -> Scope:
        """Return what a called template sees."""
        shared = {
            name: value for name, value in scope.parameters.items() if name.startswith("workflow.")
        }
        for one in items(at(node, "arguments", "parameters")):
            value = at(one, "value")
            if isinstance(value, Scalar):
                folded = scope.fold(value.text)
                if not folded.startswith("{") and not is_secret(text(one, "name"), folded):
                    shared[f"inputs.parameters.{text(one, 'name')}"] = folded
        artifacts = {
            text(one, "name"): scope.named(text(one, "from")) or tuple(stored(one, scope.fold))
            for one in items(at(node, "arguments", "artifacts"))
        }
        for one in items(at(node, "arguments", "parameters")):
            if given := scope.named(text(one, "value")):
                artifacts[f"parameter:{text(one, 'name')}"] = given
        items_ = texts(at(node, "withItems"))
        if len(items_) == 1:
            shared["item"] = items_[0]
        return Scope(shared, artifacts, {})

    def _barrier(
        self, call: _Call, number: int, before: tuple[str, ...], templates: Templates
    ) -> str:
        """Add a step that waits for a whole group: naming all pairs would take too long."""
        name = self.names.unique(f"{call.name}/before group {number}")
        self.steps.append(Step(name, place(templates.path), after=before, workspace=name))
        return name

    def _elsewhere(self, name: str, line: int) -> tuple[str, Node] | None:
        """Return a template of another file, and say so where there is none."""
        if name not in self._others:
            self._others[name] = self._find(name)
        if self._others[name] is None:
            self._say(missing(self.file.path, f"the workflow template {name}", line))
        return self._others[name]

    def _find(self, name: str) -> tuple[str, Node] | None:
        for path in [self.file.path, *list(self.others)[:_MOST_FILES]]:
            other = self.others.get(path, self.file)
            if not path.endswith((".yaml", ".yml")) or "WorkflowTemplate" not in other.text:
                continue
            if name not in other.text:
                continue
            try:
                for one in load(other):
                    named = text(one, "metadata", "name") == name
                    if named and text(one, "kind").endswith("WorkflowTemplate"):
                        return path, one
            except UnreadableError:
                continue
        return None

    def _say(self, finding: Finding) -> None:
        if len(self.found) < _MOST_DOCUMENTS:
            self.found.append(finding)


def _joined(*conditions: str) -> str:
    return " && ".join(dict.fromkeys(filter(None, conditions)))[:1000]


PARSER: Final = Argo()
