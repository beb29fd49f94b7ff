"""`modelgen pin --from-proto`: the numbers of protos that are out already."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from modelgen.contract import codec
from tests.regenerate import Golden, goldens

Modelgen = Callable[..., Result]
GOLDENS = tuple(goldens())


def pins(project: Path) -> codec.Lock:
    return codec.load((project / "modelgen.lock").read_text(encoding="utf-8"), "modelgen.lock")


def living(project: Path, owner: str) -> dict[str, int]:
    return {one.name: one.number for one in pins(project).pins.of(owner) if not one.retired}


def retired(project: Path, owner: str) -> dict[int, str]:
    return {one.number: one.name for one in pins(project).pins.of(owner) if one.retired}


@pytest.mark.parametrize("golden", GOLDENS, ids=[golden.name for golden in GOLDENS])
def test_a_lost_lock_is_rebuilt_from_the_protos(modelgen: Modelgen, golden: Golden, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(golden.project, project)
    protos = {path: path.read_bytes() for path in project.rglob("*.proto")}
    before = (project / "modelgen.lock").read_text(encoding="utf-8")
    (project / "modelgen.lock").unlink()
    result = modelgen("pin", "--from-proto", project / "proto", golden.package.root, "-o", project)
    assert (result.exit_code, result.stderr) == (0, "")
    generated = modelgen("generate", golden.package.root, "-o", project)
    assert generated.exit_code == 0, generated.output
    assert {path: path.read_bytes() for path in project.rglob("*.proto")} == protos
    after = (project / "modelgen.lock").read_text(encoding="utf-8")
    assert [line for line in after.splitlines() if "retired" not in line] == known(before)


def known(lock: str) -> list[str]:
    """The lines of a lock that protos can give: nothing of what vanished as a whole."""
    sections = lock.split("\n\n")
    return [
        line
        for section in sections
        if "\nretired = " not in section
        for line in [*section.splitlines(), ""]
        if "retired" not in line
    ][:-1]


EARLIER = '''
from dataclasses import dataclass
from enum import Enum


class Mood(Enum):
    """How a text sounds."""

    HAPPY = "happy"
    {member}


@dataclass
class Answer:
    """What was found."""

    {field}
    mood: Mood


class Classifier:
    """Tells the mood of a text."""

    def run(self, text: str, {parameter}) -> Answer:
        """Tell one mood."""
        return self.answers[0]
'''


def test_what_vanished_stays_reserved(modelgen: Modelgen, tmp_path: Path) -> None:
    package, project = tmp_path / "moods.py", tmp_path / "moods-service"
    stages = (
        {"member": 'SAD = "sad"', "field": "score: float", "parameter": "top_k: int = 1, stop: str | int = 1"},
        {"member": 'wildCat = "wild"', "field": "sure: bool", "parameter": "top_k: str = '', stop: str = ''"},
        {"member": 'CALM = "calm"', "field": "name: str", "parameter": "language: str = '', stop: str | int = 1"},
    )
    for stage in stages:
        package.write_text(EARLIER.format(**stage))
        assert modelgen("generate", package).exit_code == 0
    protos = {path: path.read_bytes() for path in project.rglob("*.proto")}
    assert b"// wildCat, until 0.1.0." in protos[project / "proto/moods/v1/models.proto"]
    (project / "modelgen.lock").unlink()
    assert modelgen("pin", "--from-proto", project, package).exit_code == 0
    assert retired(project, "Mood") == {2: "SAD", 3: "wildCat"}
    assert retired(project, "Answer") == {1: "score", 3: "sure"}
    assert retired(project, "ClassifierServiceRunRequest") == {2: "top_k", 5: "top_k"}
    assert modelgen("generate", package).exit_code == 0
    assert {path: path.read_bytes() for path in project.rglob("*.proto")} == protos


# Protos of others

MOODS = """
from dataclasses import dataclass, field
from enum import Enum

import numpy as np


class Mood(Enum):
    HAPPY = "happy"
    SAD = "sad"
    NEW = "new"


@dataclass
class Answer:
    mood: Mood
    score: float
    tags: dict[str, int] = field(default_factory=dict)
    fresh: str = ""


class Classifier:
    def run(
        self, text: str | bytes, image: np.ndarray, topK: int = 1, words: list[str] = [], odd: float = 1.0
    ) -> Answer:
        return self.answers[0]

    def run_many(self, answer: Answer) -> list[str]:
        return self.answers[0]
"""

SERVICE = """
syntax = "proto3";
package acme.ml.v3;
import "acme/ml/v3/types/shared.proto";
import "google/protobuf/timestamp.proto";

service Classifier {
  rpc Run(RunInput) returns (RunOutput);
  rpc RunMany(types.Answer) returns (ManyOutput);
  rpc Gone(RunInput) returns (RunOutput);
}
message RunInput {
  oneof text { string plain = 7; bytes raw = 9; }
  types.NdArray image = 4;
  int32 topK = 12;
  repeated string words = 5;
  google.protobuf.Timestamp odd = 6;
  reserved 20 to 22, 30;
  reserved "old", "older";
  message Inner { string x = 1; }
  Inner inner = 15;
}
message RunOutput { types.Answer verdict = 3; }
message ManyOutput { repeated string names = 2; }
message Unused { int64 id = 1; reserved 1000 to max; }
"""

SHARED = """
syntax = "proto3";
package acme.ml.v3.types;
enum Feeling { FEELING_UNKNOWN = 0; FEELING_HAPPY = 5; FEELING_SAD = 3; FEELING_BORED = 4; reserved 9; reserved "FEELING_OLD"; }
message Answer { Feeling mood = 2; double score = 8; map<string, int32> tags = 3; string note = 4; }
message NdArray { string dtype = 1; repeated int64 shape = 2; bytes data = 3; }
"""


@pytest.fixture
def protos(tmp_path: Path) -> Path:
    """Hand-written protos, in a folder as buf would have it."""
    folder = tmp_path / "theirs" / "acme" / "ml" / "v3"
    (folder / "types").mkdir(parents=True)
    (folder / "service.proto").write_text(SERVICE)
    (folder / "types" / "shared.proto").write_text(SHARED)
    return tmp_path / "theirs"


def test_the_numbers_of_others_are_adopted(modelgen: Modelgen, protos: Path, tmp_path: Path) -> None:
    package, project = tmp_path / "moods.py", tmp_path / "moods-service"
    package.write_text(MOODS)
    result = modelgen("pin", "--from-proto", protos, package)
    assert result.exit_code == 0, result.output
    assert living(project, "RunInput") == {
        "text_string": 7,
        "text_bytes": 9,
        "image": 4,
        "top_k": 12,
        "words": 5,
        "odd": 31,
    }
    assert retired(project, "RunInput") == {
        6: "odd", 15: "inner", 20: "old", 21: "older", 22: "reserved_22", 30: "reserved_30",
    }  # fmt: skip
    assert living(project, "RunOutput") == {"result": 3}
    assert living(project, "Answer") == {"mood": 2, "score": 8, "tags": 3, "fresh": 9}
    assert retired(project, "Answer") == {4: "note"}
    assert living(project, "Feeling") == {"HAPPY": 5, "SAD": 3, "NEW": 10}
    assert retired(project, "Feeling") == {4: "BORED", 9: "OLD"}
    assert living(project, "ManyOutput") == {"result": 2}
    owners = {owner.name: owner for owner in pins(project).pins.owners}
    assert owners["Unused"].retired
    assert retired(project, "Unused") == {1: "id"}
    said = result.stderr
    for expected in (
        "acme.ml.v3.Classifier is moods.v1.ClassifierService now",
        "Classifier.Gone is not in the source",
        "RunInput.odd is double, not google.protobuf.Timestamp",
        "it gets a new number, and 6 stays reserved",
        "acme.ml.v3.RunInput.plain is called text_string now",
        "acme.ml.v3.types.Answer is in ClassifierServiceRunManyRequest now, as answer",
        "Feeling.NEW is not in acme.ml.v3.types.Feeling",
        "Answer.fresh is not in acme.ml.v3.types.Answer",
        "acme.ml.v3.Unused is not in the source",
        "acme.ml.v3.Unused reserves 1000 to 536870911",
    ):
        assert expected in said, expected
    assert "message RunInput is acme.ml.v3.RunInput: 6 of 6 found" in result.stdout
    assert modelgen("generate", package).exit_code == 0
    proto = (project / "proto/moods/v1/classifier.proto").read_text()
    assert "string text_string = 7;" in proto
    assert "optional int64 top_k = 12;" in proto


def test_the_lock_is_shown_and_not_written(modelgen: Modelgen, protos: Path, tmp_path: Path) -> None:
    package, project = tmp_path / "moods.py", tmp_path / "moods-service"
    package.write_text(MOODS)
    result = modelgen("pin", "--from-proto", protos, package, "--dry-run")
    assert result.exit_code == 0
    assert '7 = { name = "text_string"' in result.stdout
    assert not project.exists()


def test_a_lock_is_never_overwritten(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    modelgen("generate", moods)
    lock = tmp_path / "moods-service" / "modelgen.lock"
    before = lock.read_bytes()
    result = modelgen("pin", "--from-proto", tmp_path / "moods-service" / "proto", moods)
    assert result.exit_code == 2
    assert "lock-exists" in result.stderr
    assert lock.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        (None, "there is no .proto file", "name the folder"),
        ('syntax = "proto3"; message A { strin x = 1; }', "protoc cannot read the protos", "correct it"),
        ('syntax = "proto3"; import "not/here.proto";', "not/here.proto: File not found", "--proto-path"),
    ],
)
def test_protos_that_cannot_be_read_are_told(
    modelgen: Modelgen, moods: Path, tmp_path: Path, text: str | None, said: str, hint: str
) -> None:
    folder = tmp_path / "protos"
    folder.mkdir()
    if text is not None:
        (folder / "a.proto").write_text(text)
    result = modelgen("pin", "--from-proto", folder, moods)
    assert result.exit_code == 2
    assert "proto-invalid" in result.stderr
    assert said in result.stderr
    assert hint in result.stderr
    assert not (tmp_path / "moods-service" / "modelgen.lock").exists()


def test_imports_are_found_where_it_is_said(modelgen: Modelgen, moods: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "lib").mkdir(parents=True)
    (tmp_path / "elsewhere" / "lib" / "b.proto").write_text('syntax = "proto3"; package b; message B { string x = 1; }')
    (tmp_path / "protos").mkdir()
    (tmp_path / "protos" / "a.proto").write_text(
        'syntax = "proto3"; package a; import "lib/b.proto"; message Answer { b.B b = 1; double score = 4; }'
    )
    result = modelgen("pin", "--from-proto", tmp_path / "protos", moods, "--proto-path", tmp_path / "elsewhere")
    assert result.exit_code == 0, result.output
    assert living(tmp_path / "moods-service", "Answer") == {"score": 4, "mood": 5}
