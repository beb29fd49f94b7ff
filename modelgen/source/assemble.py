"""What was collected -> a contract, with a finding for every gap."""

from __future__ import annotations

import keyword
import re
from dataclasses import replace
from pathlib import Path

from modelgen.contract.model import Contract, Method, Module, Parameter
from modelgen.contract.types import ListOf, OneOf, Scalar, TypeRef, strip_optional
from modelgen.finding import Finding, Level, Location
from modelgen.source import package as packages
from modelgen.source.adapters import Adapters
from modelgen.source.classes import ClassFinder, Servable
from modelgen.source.constants import Evaluator
from modelgen.source.construction import Construction, draft_construction, judge_construction
from modelgen.source.declared import Declarations, Declared
from modelgen.source.defaults import DefaultReader
from modelgen.source.docstrings import parse_docstring
from modelgen.source.enums import is_enum
from modelgen.source.expressions import TypeReader
from modelgen.source.fields import FieldReader
from modelgen.source.flavours import Flavours
from modelgen.source.meaning import Meaning
from modelgen.source.members import Member
from modelgen.source.methods import MethodDraft, MethodReader
from modelgen.source.models import Models
from modelgen.source.mro import Hierarchy
from modelgen.source.options import Options, Reading
from modelgen.source.package import Package, PackageNotFound
from modelgen.source.public import PublicPaths
from modelgen.source.resolver import Resolver
from modelgen.source.verdicts import Judge, Verdict

PROTO_KEYWORDS = frozenset(
    "syntax edition import weak public package option message enum service rpc returns stream oneof map extensions "
    "extend reserved group repeated optional required".split()
)


def read(package: Path, options: Options | None = None) -> Reading:
    """Read a package into a contract. Never raises on what a user wrote: every gap is a finding."""
    options = options or Options()
    try:
        found = packages.locate(package)
    except PackageNotFound as error:
        return Reading(contract=Contract(package=package.stem, version=options.version), findings=(error.finding,))
    return _Assembly(found, options).reading()


class _Assembly:
    """One reading of one package."""

    def __init__(self, package: Package, options: Options) -> None:
        self.package = package
        self.options = options
        self.resolver = Resolver(package, options.texts)
        self.hierarchy = Hierarchy(self.resolver)
        self.public = PublicPaths(self.resolver)
        self.evaluator = Evaluator(self.resolver, lambda definition: is_enum(self.hierarchy.lineage(definition)))
        flavours = Flavours(self.hierarchy)
        self.models = Models(self.hierarchy, self.evaluator, self.public, flavours)
        types = TypeReader(self.resolver, self.evaluator, self.models)
        if options.adapters:
            types.adapters = Adapters(options.adapters, types)
        declarations = Declarations(types)
        defaults = DefaultReader(self.evaluator, self.public)
        self.models.reader = types
        self.models.fields = FieldReader(self.hierarchy, flavours, declarations, defaults)
        self.methods = MethodReader(declarations, defaults, self.models, options)
        self.judge = Judge(self.models, options)
        self.finder = ClassFinder(self.resolver, self.hierarchy, self.public, options)
        self.constructions: dict[str, Construction] = {}
        self.findings: list[Finding] = []

    def reading(self) -> Reading:
        """The contract, and what there is to say about it."""
        servables = self.finder.find()
        self.models.served.update(servable.definition for servable in servables)
        drafts = [(servable, self._drafts(servable)) for servable in servables]
        self.models.drain()
        modules = tuple(self._module(servable, found) for servable, found in drafts)
        self._nothing_servable(modules)
        contract = self._contract(modules)
        self._check_models(contract)
        self.resolver.check_rest(self.finder.left_out)
        return Reading(contract=contract, findings=self._sorted(), files=self.resolver.files)

    def _drafts(self, servable: Servable) -> list[MethodDraft]:
        symbol = servable.path.symbol
        drafts = [self.methods.draft(member, "infer", symbol) for member in servable.inference]
        if servable.train is not None:
            train = self.methods.draft(servable.train, "train", symbol)
            drafts.extend([train] if self._trains(servable, train) else [])
        if servable.construct is not None:
            about = parse_docstring(servable.definition.doc)
            drafts.append(self.methods.draft(servable.construct, "construct", symbol, about))
        else:
            self.constructions[symbol] = draft_construction(servable.definition, self.models)
        if servable.load is not None:
            drafts.append(self.methods.draft(servable.load, "load", symbol))
        if servable.save is not None:
            drafts.append(self.methods.draft(servable.save, "save", symbol))
        return drafts

    def _trains(self, servable: Servable, draft: MethodDraft) -> bool:
        """Whether a `train` trains: one that takes nothing to learn from, and answers no model, is another thing."""
        answers_model = draft.returns.meaning is not None and draft.returns.meaning.own
        if servable.train is None or servable.train.receiver != "instance" or answers_model:
            return True
        if any(not one.variadic for one in draft.parameters):
            return True
        self.findings.append(
            Finding(
                level=Level.INFO,
                code="not-training",
                message=f"`{servable.path.name}.train` is not served: it takes nothing and answers no model",
                where=draft.where,
                hint="give it typed parameters, or let it return `Self`",
            )
        )
        return False

    def _module(self, servable: Servable, drafts: list[MethodDraft]) -> Module:
        verdicts = [(draft, self._judged(draft)) for draft in drafts]
        served = [v.method for d, v in verdicts if d.kind in ("infer", "train") and v.method is not None]
        refused = tuple(v.refused for d, v in verdicts if d.kind in ("infer", "train") and v.refused is not None)
        self._check_names(servable, served)
        return Module(
            name=servable.path.name,
            doc=parse_docstring(servable.definition.doc).text,
            where=servable.definition.where,
            symbol=servable.path.symbol,
            import_module=servable.path.module,
            qualname=servable.path.qualname,
            methods=tuple(_with_batches(self._in_order(servable, served))),
            construct=self._construct(servable, verdicts),
            load=_of_kind(verdicts, "load"),
            save=_of_kind(verdicts, "save"),
            refused=refused,
            example=servable.example is not None and not _needs_arguments(servable.example),
        )

    def _in_order(self, servable: Servable, methods: list[Method]) -> list[Method]:
        """Methods in the order of the source, inherited ones after."""
        order = {name: index for index, name in enumerate(self.finder.members.names(servable.lineage))}
        return sorted(methods, key=lambda method: order.get(method.name, len(order)))

    def _top(self) -> str:
        """The package's own file, as findings show it."""
        file = self.package.files.get(self.package.name)
        return file.shown if file else self.package.name

    def _judged(self, draft: MethodDraft) -> Verdict:
        if draft.kind in ("load", "save"):
            _take_path(draft)
        verdict = self.judge.judge(draft)
        self.findings.extend(verdict.findings)
        self.findings.extend(self.judge.result_disagreement(draft))
        return verdict

    def _construct(self, servable: Servable, verdicts: list[tuple[MethodDraft, Verdict]]) -> Method | None:
        drafted = self.constructions.get(servable.path.symbol)
        if drafted is None:
            return _of_kind(verdicts, "construct")
        method, findings = judge_construction(drafted, self.models)
        self.findings.extend(findings)
        return method

    def _check_names(self, servable: Servable, methods: list[Method]) -> None:
        """Names that become file names, routes and proto identifiers."""
        name = servable.path.name
        if not _is_usable(name) or snake(name) in PROTO_KEYWORDS:
            self._bad_name(f"the class `{name}`", name, servable.definition.where)
        for method in methods:
            if not _is_usable(method.name):
                self._bad_name(f"the method `{name}.{method.name}`", method.name, method.where)
            for parameter in method.parameters:
                if not parameter.name.isascii():
                    what = f"the parameter `{parameter.name}` of `{name}.{method.name}`"
                    self._bad_name(what, parameter.name, parameter.where)

    def _bad_name(self, what: str, name: str, where: Location | None) -> None:
        self.findings.append(
            Finding(
                level=Level.ERROR,
                code="name-is-keyword",
                message=f"{what} cannot be served under its name: `{snake(name)}` is a keyword, or no name in protobuf",
                where=where,
                hint="rename it, or export it under another name",
            )
        )

    def _check_models(self, contract: Contract) -> None:
        """Names of fields and enum members, which are proto identifiers too."""
        for model in contract.models:
            for one in model.fields:
                if not one.name.isascii():
                    self._bad_name(f"the field `{one.name}` of `{model.symbol}`", one.name, one.where)
        for enum in contract.enums:
            for member in enum.members:
                if not member.name.isascii():
                    self._bad_name(f"the member `{member.name}` of `{enum.symbol}`", member.name, member.where)

    def _nothing_servable(self, modules: tuple[Module, ...]) -> None:
        every = (*self.resolver.findings, *self.finder.findings, *self.findings)
        if any(module.methods for module in modules) or any(finding.level is Level.ERROR for finding in every):
            return
        names = ", ".join(
            f"`{name}`" for name in sorted({name for names in self.options.methods.values() for name in names})
        )
        self.findings.append(
            Finding(
                level=Level.ERROR,
                code="nothing-servable",
                message=f"`{self.package.name}` has no public class with a method to serve ({names})",
                where=Location(path=self._top()),
                hint="give a class a typed `run` method, or name its methods in settings (`methods`)",
            )
        )

    def _contract(self, modules: tuple[Module, ...]) -> Contract:
        symbols = set(self.models.reachable(_types(modules)))
        models = [draft.model for symbol, draft in self.models.drafts.items() if symbol in symbols and draft.model]
        enums = [enum for symbol, enum in self.models.enums.items() if symbol in symbols]
        top = self.resolver.module(self.package.name)
        return Contract(
            package=self.package.name,
            version=self.options.version,
            doc=parse_docstring(top.doc).text if top else "",
            modules=tuple(sorted(modules, key=lambda module: module.symbol)),
            models=tuple(sorted(models, key=lambda model: model.symbol)),
            enums=tuple(sorted(enums, key=lambda enum: enum.symbol)),
        )

    def _sorted(self) -> tuple[Finding, ...]:
        every = dict.fromkeys((*self.resolver.findings, *self.finder.findings, *self.models.findings, *self.findings))
        return tuple(sorted(every, key=_finding_order))


def _finding_order(finding: Finding) -> tuple[int, str, int, int, str]:
    level = (Level.ERROR, Level.WARNING, Level.INFO).index(finding.level)
    where = finding.where
    return (
        level,
        where.path if where else "",
        where.line if where else 0,
        where.column if where else 0,
        finding.message,
    )


def _needs_arguments(member: Member) -> bool:
    """Whether a method cannot be called without arguments on the class."""
    arguments = member.arguments
    positional = len(arguments.posonlyargs) + len(arguments.args) - (member.receiver != "static")
    required = positional > len(arguments.defaults) or any(default is None for default in arguments.kw_defaults)
    return required or member.receiver == "instance"


def _of_kind(verdicts: list[tuple[MethodDraft, Verdict]], kind: str) -> Method | None:
    return next((verdict.method for draft, verdict in verdicts if draft.kind == kind), None)


def _take_path(draft: MethodDraft) -> None:
    """`load` and `save` are given a path first, whatever their first parameter is declared to be."""
    if draft.parameters and not draft.parameters[0].variadic:
        first = draft.parameters[0]
        meaning = first.declared.meaning
        if meaning is None or not isinstance(strip_optional(meaning.type), (Scalar, OneOf)):
            first.declared = Declared(meaning=Meaning(type=Scalar(kind="string")), text=first.declared.text)


def _with_batches(methods: list[Method]) -> list[Method]:
    """Each method with the name of its sibling that takes many inputs."""
    by_name = {method.name: method for method in methods}
    answer = []
    for method in methods:
        plural = by_name.get(f"{method.name}_batch")
        fits = plural is not None and _takes_many(method, plural)
        answer.append(replace(method, batch=f"{method.name}_batch") if fits else method)
    return answer


def _takes_many(one: Method, many: Method) -> bool:
    """Whether a method takes lists of another's inputs, the same options, and answers a list of its results."""
    if (
        one.stream
        or many.stream
        or one.stream_parameter
        or many.stream_parameter
        or len(one.inputs) != len(many.inputs)
    ):
        return False
    if not isinstance(many.returns, ListOf) or many.returns.item != one.returns or _options(one) != _options(many):
        return False
    return bool(one.inputs) and all(_is_list_of(b, a.type) for a, b in zip(one.inputs, many.inputs, strict=True))


def _options(method: Method) -> dict[str, tuple[TypeRef, object]]:
    """What must be the same of a method's options for another to be called in its place."""
    return {option.name: (option.type, option.default) for option in method.options}


def _is_list_of(parameter: Parameter, item: TypeRef) -> bool:
    type_ = strip_optional(parameter.type)
    return isinstance(type_, ListOf) and type_.item == item


def _types(modules: tuple[Module, ...]) -> list[TypeRef]:
    found: list[TypeRef] = []
    for module in modules:
        every = [*module.methods, *(m for m in (module.construct, module.load, module.save) if m is not None)]
        for method in every:
            found.extend(parameter.type for parameter in method.parameters)
            found.append(method.returns)
    return found


def snake(name: str) -> str:
    """A class's or a method's name in snake case."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return spaced.strip("_").lower()


def _is_usable(name: str) -> bool:
    plain = snake(name)
    return plain.isascii() and plain.isidentifier() and not keyword.iskeyword(plain) and not plain[:1].isdigit()
