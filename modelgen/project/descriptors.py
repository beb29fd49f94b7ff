"""Reads .proto files, whoever wrote them, by protobuf's own compiler."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from modelgen.contract.protos import ProtoField, ProtoMessage, ProtoMethod, Protos, ProtoService, Reserved
from modelgen.finding import Finding, Level, Location
from modelgen.project.folder import shown

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import (
        DescriptorProto,
        EnumDescriptorProto,
        FieldDescriptorProto,
        FileDescriptorProto,
        FileDescriptorSet,
        SourceCodeInfo,
    )

_IMPORT = re.compile(r'^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"\s*;', re.MULTILINE)
_UNTIL = re.compile(r"^\s*(.+), until (\S+)\.\s*$")
_MESSAGES, _ENUMS, _NESTED, _NESTED_ENUMS = 4, 5, 3, 4
"""Numbers of the lists in a file's and a message's descriptor, as paths in the source information name them."""
_RESERVED = {"message": 9, "enum": 4}


class ProtoError(Exception):
    """The protos cannot be read; the finding says why."""

    def __init__(self, folder: Path, message: str, hint: str) -> None:
        super().__init__(message)
        self.finding = Finding(
            level=Level.ERROR, code="proto-invalid", message=message, where=Location(path=shown(folder)), hint=hint
        )


def read(folder: Path, more: Sequence[Path] = ()) -> Protos:
    """What the .proto files in a folder declare. Imports are looked for in the folders around each, and in `more`.

    Raises:
        ProtoError: there are none, or protoc refuses them.
    """
    files = sorted(path for path in folder.absolute().rglob("*.proto") if path.is_file())
    if not files:
        raise ProtoError(folder, f"there is no .proto file in {shown(folder)}", "name the folder that holds them")
    roots = _roots(files, folder.absolute(), [path.absolute() for path in more])
    names = [_name(path, roots) for path in files]
    compiled = _compiled(folder, roots, names)
    found = [_File(one, own=one.name in names) for one in compiled.file]
    return Protos(
        services=tuple(service for one in found if one.own for service in one.services()),
        messages={message.name: message for one in found for message in one.messages()},
    )


def _roots(files: Iterable[Path], folder: Path, more: Sequence[Path]) -> list[Path]:
    """The folders that imports start from, those deep inside first."""
    roots = dict.fromkeys(more)
    for path in files:
        for name in _IMPORT.findall(path.read_text(encoding="utf-8", errors="replace")):
            if not any((root / name).is_file() for root in more):
                root = next((place for place in path.parents if (place / name).is_file()), None)
                roots |= {root: None} if root else {}
    return [*sorted(roots, key=lambda root: -len(root.parts)), *([] if folder in roots else [folder])]


def _name(path: Path, roots: Sequence[Path]) -> str:
    return next(path.relative_to(root).as_posix() for root in roots if path.is_relative_to(root))


def _compiled(folder: Path, roots: Sequence[Path], names: Sequence[str]) -> FileDescriptorSet:
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    with tempfile.TemporaryDirectory(prefix="modelgen-") as scratch:
        out = Path(scratch, "descriptors")
        flags = [f"-I{root}" for root in roots] + [f"--descriptor_set_out={out}"]
        command = [sys.executable, "-m", "grpc_tools.protoc", *flags, "--include_imports", "--include_source_info"]
        run = subprocess.run([*command, *names], capture_output=True, text=True, errors="replace", check=False)
        if run.returncode != 0:
            said = next((line for line in run.stderr.splitlines() if "warning:" not in line), "it does not say why")
            missing = "File not found" in run.stderr
            hint = "give the folder that holds it with --proto-path" if missing else "correct it, or leave it out"
            raise ProtoError(folder, f"protoc cannot read the protos: {said}", hint)
        return FileDescriptorSet.FromString(out.read_bytes())


class _File:
    """One file's descriptor."""

    def __init__(self, file: FileDescriptorProto, *, own: bool) -> None:
        self._file = file
        self.own = own
        self._maps: dict[str, DescriptorProto] = {}
        self._sources: dict[tuple[int, ...], list[SourceCodeInfo.Location]] = {}
        for location in file.source_code_info.location:
            self._sources.setdefault(tuple(location.path), []).append(location)

    def services(self) -> Iterator[ProtoService]:
        for service in self._file.service:
            methods = tuple(
                ProtoMethod(
                    name=one.name,
                    request=one.input_type.lstrip("."),
                    response=one.output_type.lstrip("."),
                    client_streaming=one.client_streaming,
                    server_streaming=one.server_streaming,
                )
                for one in service.method
            )
            yield ProtoService(package=self._file.package, name=service.name, methods=methods)

    def messages(self) -> Iterator[ProtoMessage]:
        for place, message in enumerate(self._file.message_type):
            yield from self._message(message, self._file.package, (_MESSAGES, place))
        for place, enum in enumerate(self._file.enum_type):
            yield self._enum(enum, self._file.package, (_ENUMS, place))

    def _message(self, message: DescriptorProto, scope: str, path: tuple[int, ...]) -> Iterator[ProtoMessage]:
        name = f"{scope}.{message.name}".lstrip(".")
        maps = {f".{name}.{one.name}": one for one in message.nested_type if one.options.map_entry}
        oneofs = [one.name for one in message.oneof_decl]
        # Ranges end before their second number.
        ranges = [(one.start, one.end - 1) for one in message.reserved_range]
        yield ProtoMessage(
            name=name,
            fields=tuple(_field(one, oneofs, maps) for one in message.field),
            reserved=tuple(self._reserved(ranges, message.reserved_name, (*path, _RESERVED["message"]))),
            own=self.own,
        )
        for place, nested in enumerate(message.nested_type):
            if not nested.options.map_entry:
                yield from self._message(nested, name, (*path, _NESTED, place))
        for place, enum in enumerate(message.enum_type):
            yield self._enum(enum, name, (*path, _NESTED_ENUMS, place))

    def _enum(self, enum: EnumDescriptorProto, scope: str, path: tuple[int, ...]) -> ProtoMessage:
        ranges = [(one.start, one.end) for one in enum.reserved_range]
        return ProtoMessage(
            name=f"{scope}.{enum.name}".lstrip("."),
            kind="enum",
            fields=tuple(ProtoField(name=one.name, number=one.number, type="") for one in enum.value),
            reserved=tuple(self._reserved(ranges, enum.reserved_name, (*path, _RESERVED["enum"]))),
            own=self.own,
        )

    def _reserved(
        self, ranges: Sequence[tuple[int, int]], names: Iterable[str], path: tuple[int, ...]
    ) -> Iterator[Reserved]:
        """What is reserved, with what modelgen says above it: the name, and until when it was there."""
        for place, (first, last) in enumerate(ranges):
            match = _UNTIL.match(self._above(path, place))
            said = (match[1], match[2]) if match else ("", "")
            yield Reserved(first=first, last=last, name=said[0], version=said[1])
        for name in names:
            yield Reserved(name=name)

    def _above(self, path: tuple[int, ...], place: int) -> str:
        """The comment above the statement that a range stands in."""
        lines = [one.span[0] for one in self._sources.get((*path, place), ())]
        for statement in self._sources.get(path, ()):
            # A span has a line for its end where that is not the first.
            last = statement.span[2 if len(statement.span) == 4 else 0]
            if lines and statement.span[0] <= lines[0] <= last:
                return statement.leading_comments
        return ""


def _field(field: FieldDescriptorProto, oneofs: Sequence[str], maps: dict[str, DescriptorProto]) -> ProtoField:
    from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Kind

    entry = maps.get(field.type_name)
    value = entry.field[1] if entry else field
    names = {number: name.removeprefix("TYPE_").lower() for name, number in Kind.Type.items()}
    return ProtoField(
        name=field.name,
        number=field.number,
        type=value.type_name.lstrip(".") or names[value.type],
        repeated=field.label == Kind.LABEL_REPEATED,
        key=names[entry.field[0].type] if entry else "",
        oneof=oneofs[field.oneof_index] if field.HasField("oneof_index") and not field.proto3_optional else "",
    )
