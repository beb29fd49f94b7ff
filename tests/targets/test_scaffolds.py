"""What is written once: the README's samples are of this project, and are Python."""

from __future__ import annotations

import ast
import re

import pytest

from tests.regenerate import Golden, goldens

SAMPLE = re.compile(r"^### (?P<call>\S+)\n(?P<text>.*?)(?=^##)", re.M | re.S)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.M | re.S)


@pytest.mark.parametrize("golden", [pytest.param(golden, id=golden.name) for golden in goldens()])
def test_the_readme_calls_every_method_by_curl_and_from_python(golden: Golden) -> None:
    rendering = golden.render()
    text = next(file.text for file in rendering.files if file.path == "README.md")
    assert rendering.contract
    methods = {
        f"{module.name}.{method.name}"
        for module in rendering.contract.modules
        for method in module.methods
        if method.kind != "train"
    }
    samples = {sample["call"]: sample["text"] for sample in SAMPLE.finditer(text)}
    assert samples.keys() == methods
    for call, sample in samples.items():
        (code,) = PYTHON.findall(sample)
        tree = ast.parse(code)
        imported = {alias.asname or alias.name for node in ast.walk(tree) for alias in getattr(node, "names", ())}
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert imported <= used
        assert any(isinstance(node, ast.Attribute) and node.attr == "connect" for node in ast.walk(tree))
        assert "curl -s" in sample
        assert call.rpartition(".")[2].strip("_") in code
