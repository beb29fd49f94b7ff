"""What a check loads: nothing that is dear and that it does not need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

FOREIGN = ("pydantic", "google.protobuf", "grpc", "grpc_tools", "numpy", "libcst", "black", "jinja2", "tomlkit")
"""Packages of others; of modelgen itself what only generating and serving need."""
OWN = ("modelgen.targets", "modelgen.runtime", "modelgen.languages")

CODE = """\
import json, sys
from modelgen.cli.main import main
try:
    main()
except SystemExit as end:
    print(json.dumps([end.code, sorted(sys.modules)]), file=sys.stderr)
"""


def test_a_check_loads_neither_protobuf_nor_pydantic_nor_grpc_nor_numpy(tmp_path: Path) -> None:
    for side, result in (("before", "str"), ("after", "bytes")):
        package = tmp_path / side / "mylib"
        package.mkdir(parents=True)
        source = f"import numpy as np\n\n\nclass Tagger:\n    def run(self, text: str) -> {result}: ...\n"
        (package / "__init__.py").write_text(source, encoding="utf-8")
    command = ["check", str(tmp_path / "after"), "--against", str(tmp_path / "before")]
    run = subprocess.run([sys.executable, "-c", CODE, *command], capture_output=True, text=True, timeout=60)
    assert "return-type-changed" in run.stdout
    code, modules = json.loads(run.stderr.splitlines()[-1])
    assert code == 1
    loaded = [name for name in modules for one in (*FOREIGN, *OWN) if name == one or name.startswith(f"{one}.")]
    assert loaded == []
