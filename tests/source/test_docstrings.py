"""The same method in each docstring style reads the same; each style's odd forms."""

from __future__ import annotations

import inspect

import pytest

from modelgen.source.docstrings import parse_docstring

GOOGLE = """
    Classify a text.

    It may take a while.

    Args:
        text (str): What to classify,
            over two lines.
        top_k (int, optional): How many. Defaults to 1.
        *extra: More.
        **options: Others.

    Returns:
        list of str: The labels.

    Raises:
        ValueError: If it is empty.
        mylib.errors.TooLong: If it is long.

    Example:
        >>> run("x")
"""
NUMPY = """
    Classify a text.

    It may take a while.

    Parameters
    ----------
    text : str
        What to classify,
        over two lines.
    top_k : int, optional
        How many. Defaults to 1.
    *extra
        More.
    **options
        Others.

    Returns
    -------
    list of str
        The labels.

    Raises
    ------
    ValueError
        If it is empty.
    mylib.errors.TooLong
        If it is long.

    Example
    -------
    >>> run("x")
"""
REST = """
    Classify a text.

    It may take a while.

    :param text: What to classify,
        over two lines.
    :type text: str
    :param int top_k: How many. Defaults to 1.
    :param extra: More.
    :param options: Others.
    :returns: The labels.
    :rtype: list of str
    :raises ValueError: If it is empty.
    :raises mylib.errors.TooLong: If it is long.
"""


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, REST], ids=["google", "numpy", "rest"])
def test_the_styles_say_the_same(text):
    found = parse_docstring(text)
    assert found.text.startswith("Classify a text.\n\nIt may take a while.")
    assert "ValueError" not in found.text
    assert "top_k" not in found.text
    assert found.parameters["text"].type == "str"
    assert found.parameters["text"].doc == "What to classify, over two lines."
    assert found.parameters["top_k"].type.startswith("int")
    assert {name.strip("*") for name in found.parameters} == {"text", "top_k", "extra", "options"}
    assert [(one.type, one.doc) for one in found.returns] == [("list of str", "The labels.")]
    assert [one.name for one in found.raises] == ["ValueError", "mylib.errors.TooLong"]


PARAMETERS = [
    ("Args:\n    x: An int.", {"x": ("", "An int.")}),
    ("Args:\n    x (int): An int.", {"x": ("int", "An int.")}),
    ("Args:\n    x (dict(str, int)): A map.", {"x": ("dict(str, int)", "A map.")}),
    ("Args:\n    x (Union[int, str], optional): It.", {"x": ("Union[int, str], optional", "It.")}),
    ("Args:\n  x (`int`):\n    On its own line.", {"x": ("`int`", "On its own line.")}),
    ("Args:\n    * x (int): A bullet.", {"x": ("int", "A bullet.")}),
    ("Args:\n    x: int, The number of it.", {"x": ("int", "The number of it.")}),
    ("Args:\n    x: (list of str) Words.", {"x": ("list of str", "Words.")}),
    ("Args:\n    x (int) -- A dash.", {"x": ("int", "A dash.")}),
    ("Args:\n    x, y (int): Two.", {"x": ("int", "Two."), "y": ("int", "Two.")}),
    ("Arguments:\n    x (int): One.\n\nMore prose.", {"x": ("int", "One.")}),
    ("**Args:**\n    x (int): One.", {"x": ("int", "One.")}),
    ("Args:\n    x (int): One.\n\n    y (int): Two.", {"x": ("int", "One."), "y": ("int", "Two.")}),
    (
        "Args:\n    x (int): One::\n\n            code (here): no\n    y: Two.",
        {"x": ("int", "One::\n\ncode (here): no"), "y": ("", "Two.")},
    ),
    ("Parameters\n----------\nx : int", {"x": ("int", "")}),
    ("Parameters\n----------\nx: int\n    One.", {"x": ("int", "One.")}),
    ("Parameters\n----------\nx1, x2 : float\n    Two.", {"x1": ("float", "Two."), "x2": ("float", "Two.")}),
    ("Parameters\n----------\nx: int or :class:`Y`\n    One.", {"x": ("int or :class:`Y`", "One.")}),
    (
        "Parameters\n----------\nx : {'a',\n    'b'},\n    default='a'\n    One.\ny : int or\n    str\n    Two.",
        {"x": ("{'a', 'b'},", "default='a' One."), "y": ("int or str", "Two.")},
    ),
    ("Args:\n    x (int,\n        optional): One.", {"x": ("int, optional", "One.")}),
    ("Args:\n    x (int: One.\n        Two.", {"x": ("int: One.", "Two.")}),
    ("Parameters\n----------\nx\n    No type.", {"x": ("", "No type.")}),
    ("Parameters\n==========\nx : {'a', 'b'}\n    One.", {"x": ("{'a', 'b'}", "One.")}),
    ("Parameters\n----------\n    x : int\n        Indented.", {"x": ("int", "Indented.")}),
    (
        "Parameters\n----------\nx : int\n    One.\n\nOther Parameters\n----------------\ny : str",
        {"x": ("int", "One."), "y": ("str", "")},
    ),
    (":param x: One.", {"x": ("", "One.")}),
    (":param int x: One.", {"x": ("int", "One.")}),
    (":param list of int x: One.", {"x": ("list of int", "One.")}),
    (":param x: One.\n:type x: dict(str, int)", {"x": ("dict(str, int)", "One.")}),
    ("@param x: One.", {"x": ("", "One.")}),
    (":param x: See :class:`Y`: it.", {"x": ("", "See :class:`Y`: it.")}),
    ("Summary.\n\nx (int): One.\ny (str): Two.", {"x": ("int", "One."), "y": ("str", "Two.")}),
    ("Summary.\n\n- x (int): One.", {"x": ("int", "One.")}),
    ("Summary.\n\ntext: str", {"text": ("", "str")}),
]


@pytest.mark.parametrize(("text", "expected"), PARAMETERS)
def test_parameters(text, expected):
    assert {name: (one.type, one.doc) for name, one in parse_docstring(f"Do.\n\n{text}").parameters.items()} == expected


RETURNS = [
    ("Returns:\n    int: One.", [("", "int", "One.")]),
    ("Returns:\n    One number.", [("", "", "One number.")]),
    ("Returns:\n    dict[str, int]: A map: of things.", [("", "dict[str, int]", "A map: of things.")]),
    ("Returns:\n    :class:`Y`: One.", [("", ":class:`Y`", "One.")]),
    ("Returns:\n    x (int): One.", [("x", "int", "One.")]),
    ("Returns:\n    x: int", [("x", "", "int")]),
    ("Returns:\n    x: ndarray\n        One.", [("x", "", "ndarray")]),
    ("Returns:\n    a (int): One.\n    b (str): Two.", [("a", "int", "One."), ("b", "str", "Two.")]),
    ("Returns:\n    list[int]: One.\n    list[str]: Two.", [("", "list[int]", "One."), ("", "list[str]", "Two.")]),
    ("Returns:\n    (int): One.", [("", "int", "One.")]),
    ("Returns\n-------\nint\n    One.", [("", "int", "One.")]),
    ("Returns\n-------\nx : int\n    One.", [("x", "int", "One.")]),
    ("Returns\n-------\na : int\n    One.\nb : str\n    Two.", [("a", "int", "One."), ("b", "str", "Two.")]),
    (":return: One.\n:rtype: int", [("", "int", "One.")]),
]


@pytest.mark.parametrize(("text", "expected"), RETURNS)
def test_returns(text, expected):
    assert [(one.name, one.type, one.doc) for one in parse_docstring(f"Do.\n\n{text}").returns] == expected


def test_yields():
    assert [one.type for one in parse_docstring("Do.\n\nYields:\n    str: A token.").yields] == ["str"]
    assert [one.type for one in parse_docstring("Yields\n------\nstr\n    A token.").yields] == ["str"]


def test_attributes_are_apart_from_parameters():
    found = parse_docstring("X.\n\nAttributes:\n    a (int): One.\n\nArgs:\n    b (int): Two.")
    assert (list(found.attributes), list(found.parameters)) == (["a"], ["b"])


def test_prose_and_examples_stay_in_the_text():
    found = parse_docstring("Do it.\n\nNote:\n    Careful.\n\nArgs:\n    x (int): One.\n\nAfter all.")
    assert found.text == "Do it.\n\nNote:\n    Careful.\n\nAfter all."


def test_a_colon_in_prose_is_no_section():
    found = parse_docstring("Do it.\n\nSome words: and more (of them): here.")
    assert found.parameters == {}
    assert "Some words" in found.text


@pytest.mark.parametrize(
    "text",
    ["", "\n", ":", "Args:", "Args:\n", "Returns\n-------", ":param", ":param :", "-----\n-----", "(((", "x (" * 500],
)
def test_nothing_is_a_crash(text):
    parse_docstring(text)
    parse_docstring(inspect.cleandoc(text))


STYLES = {
    "google": "Run.\n\n        Args:\n            x (list of str): In.\n            k (int): Many.\n\n        Returns:\n            dict[str, float]: Out.\n",
    "numpy": "Run.\n\n        Parameters\n        ----------\n        x : list of str\n            In.\n        k : int, default=1\n            Many.\n\n"
    "        Returns\n        -------\n        dict[str, float]\n            Out.\n",
    "rest": "Run.\n\n        :param x: In.\n        :type x: list of str\n        :param int k: Many.\n        :returns: Out.\n        :rtype: dict[str, float]\n",
    "headless": "Run.\n\n        x (list of str): In.\n        k (int): Many.\n\n        Returns:\n            dict[str, float]: Out.\n",
}


@pytest.mark.parametrize("style", STYLES)
def test_a_method_typed_only_by_its_docstring(package, spell, answer, style):
    method = package.method(f"class Model:\n    def run(self, x, k=1):\n        '''{STYLES[style]}        '''\n")
    assert [(p.name, spell(p), p.doc, p.required) for p in method.parameters] == [
        ("x", "list<string>", "In.", True),
        ("k", "int64", "Many.", False),
    ]
    assert answer(method) == "map<string, double>"
    assert method.doc == "Run.\n\nReturns: Out."
