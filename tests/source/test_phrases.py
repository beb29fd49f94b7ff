"""Rows of (docstring type phrase, the type it means)."""

from __future__ import annotations

import pytest

PRELUDE = """
import enum
from dataclasses import dataclass

import numpy as np


class Mood(enum.Enum):
    HAPPY = "happy"


@dataclass
class Point:
    x: float
"""

PHRASES = [
    ("int", "int64"),
    ("integer", "int64"),
    ("str", "string"),
    ("string", "string"),
    ("a string", "string"),
    ("boolean", "bool"),
    ("float", "double"),
    ("number", "double"),
    ("bytes", "bytes"),
    ("dict", "json"),
    ("dictionary", "json"),
    ("object", "json"),
    ("list", "list<json>"),
    ("tuple", "list<json>"),
    ("str, optional", "string"),
    ("*optional*, int", "int64"),
    ("(int, optional)", "int64"),
    ("`int`", "int64"),
    ("``int``", "int64"),
    (":obj:`int`", "int64"),
    (":obj:`int`, `optional`", "int64"),
    (":class:`~mylib.Point`", "message mylib.Point"),
    (":py:class:`Point`", "message mylib.Point"),
    ("Point", "message mylib.Point"),
    ("Point object", "message mylib.Point"),
    ("Point instance", "message mylib.Point"),
    ("list of Point", "list<message mylib.Point>"),
    ("list of :class:`Point`", "list<message mylib.Point>"),
    ("Mood", "enum mylib.Mood"),
    ("int or None", "optional<int64>"),
    ("None or int", "optional<int64>"),
    ("int, or None", "optional<int64>"),
    ("int | None", "optional<int64>"),
    ("int or str", "oneof<int64 | string>"),
    ("int, float or None", "optional<oneof<int64 | double>>"),
    ("int, str", "oneof<int64 | string>"),
    ("int/float", "oneof<int64 | double>"),
    ("str or list of str", "oneof<string | list<string>>"),
    ("str or list[str]", "oneof<string | list<string>>"),
    ("either a string or an int", "oneof<string | int64>"),
    ("bool, default=True", "bool"),
    ("bool, default True", "bool"),
    ("int (default=3)", "int64"),
    ("int (default: 3)", "int64"),
    ("int, optional (default=3)", "int64"),
    ("int, optional, default: 3", "int64"),
    ("int, optional, defaults to 3", "int64"),
    ("`int`, *optional*, defaults to 512", "int64"),
    ("float, default 1e-3", "double"),
    ("str, default='l2'", "string"),
    ("{'l1', 'l2'}", 'enum{"l1", "l2"}'),
    ("{'l1', 'l2'}, default='l2'", 'enum{"l1", "l2"}'),
    ('{"l1", "l2"}', 'enum{"l1", "l2"}'),
    ("{‘l1’, ‘l2’}", 'enum{"l1", "l2"}'),
    ("{'l1', 'l2', None}", 'optional<enum{"l1", "l2"}>'),
    ("{'l1', 'l2'} or None", 'optional<enum{"l1", "l2"}>'),
    ("'l1' or 'l2'", 'enum{"l1", "l2"}'),
    ("one of 'l1', 'l2'", 'enum{"l1", "l2"}'),
    ("{'auto', 8000}", 'enum{"auto", 8000}'),
    ("{0, 1, 2}", "enum{0, 1, 2}"),
    ("{True, False}", "bool"),
    ("'auto' or float", 'oneof<enum{"auto"} | double>'),
    ("{'auto'} or int, default='auto'", 'oneof<enum{"auto"} | int64>'),
    ("{array-like, sparse matrix} of shape (n_samples, n_features)", "tensor<any, [-1, -1]>"),
    ("array-like", "tensor<any, any>"),
    ("array_like", "tensor<any, any>"),
    ("array-like of shape (n_samples,)", "tensor<any, [-1]>"),
    ("array-like of shape (n, 3)", "tensor<any, [-1, 3]>"),
    ("array-like of shape (n_samples,) or (n_samples, n_outputs)", "tensor<any, any>"),
    ("array-like of shape (n_samples, 2) or (n_samples, 3)", "tensor<any, [-1, -1]>"),
    ("array-like, shape (n_samples, n_features)", "tensor<any, [-1, -1]>"),
    ("array, shape = [n_samples, n_features]", "tensor<any, [-1, -1]>"),
    ("array-like, shape=(n_samples,), optional", "tensor<any, [-1]>"),
    ("array of shape (n_samples,), default=None", "tensor<any, [-1]>"),
    ("ndarray", "tensor<any, any>"),
    ("np.ndarray", "tensor<any, any>"),
    ("numpy array", "tensor<any, any>"),
    ("numpy.ndarray of shape (8, 8)", "tensor<any, [8, 8]>"),
    ("ndarray of float32, shape (n, 8, 8)", "tensor<float32, [-1, 8, 8]>"),
    ("ndarray of shape (n_images,), dtype=int64, optional", "tensor<int64, [-1]>"),
    ("ndarray of floats", "tensor<float64, any>"),
    ("array of int", "tensor<int64, any>"),
    ("float array", "tensor<float64, any>"),
    ("float32 array of shape (3,)", "tensor<float32, [3]>"),
    ("2d array", "tensor<any, [-1, -1]>"),
    ("2-D ndarray", "tensor<any, [-1, -1]>"),
    ("1-D array of floats", "tensor<float64, [-1]>"),
    ("(n, 3) array", "tensor<any, [-1, 3]>"),
    ("ndarray (n, 3)", "tensor<any, [-1, 3]>"),
    ("(N,) array_like", "tensor<any, [-1]>"),
    ("(..., 3) array", "tensor<any, any>"),
    ("torch.Tensor", "tensor<any, any>"),
    ("torch.Tensor of shape (10,), dtype=float32", "tensor<float32, [10]>"),
    ("`torch.FloatTensor` of shape `(batch_size, 3)`", "tensor<float32, [-1, 3]>"),
    ("Tensor", "tensor<any, any>"),
    ("tensor of floats", "tensor<float32, any>"),
    ("array-like or None", "optional<tensor<any, any>>"),
    ("array-like of shape (n,) or None, default=None", "optional<tensor<any, [-1]>>"),
    ("float or array-like of shape (n_features,)", "oneof<double | tensor<any, [-1]>>"),
    ("float or ndarray", "oneof<double | tensor<any, any>>"),
    ("list or ndarray", "tensor<any, any>"),
    ("array-like of str", "list<string>"),
    ("list of str", "list<string>"),
    ("list of strings", "list<string>"),
    ("list of ints", "list<int64>"),
    ("list of list of int", "list<list<int64>>"),
    ("list of lists of str", "list<list<string>>"),
    ("list of dict", "list<json>"),
    ("list of arrays", "list<tensor<any, any>>"),
    ("list of 3 floats", "list<double>"),
    ("list(str)", "list<string>"),
    ("List[str]", "list<string>"),
    ("list[str]", "list<string>"),
    ("Optional[List[str]]", "optional<list<string>>"),
    ("Dict[str, float]", "map<string, double>"),
    ("Union[str, int]", "oneof<string | int64>"),
    ("sequence of int", "list<int64>"),
    ("Sequence[int]", "list<int64>"),
    ("set of str", "list<string>"),
    ("tuple of int", "list<int64>"),
    ("tuple of (int, int)", "tuple<int64, int64>"),
    ("tuple (float, float)", "tuple<double, double>"),
    ("tuple(int, str)", "tuple<int64, string>"),
    ("(int, str)", "tuple<int64, string>"),
    ("tuple[int, str]", "tuple<int64, string>"),
    ("pair of floats", "tuple<double, double>"),
    ("list of (str, float)", "list<tuple<string, double>>"),
    ("list of tuple(str, float)", "list<tuple<string, double>>"),
    ("dict of str to int", "map<string, int64>"),
    ("dict of str: float", "map<string, double>"),
    ("dict mapping str to int", "map<string, int64>"),
    ("dict of {str: int}", "map<string, int64>"),
    ("dict[str, int]", "map<string, int64>"),
    ("dict(str, int), optional", "map<string, int64>"),
    ("dict(str, list(float))", "map<string, list<double>>"),
    ("dict (str -> float)", "map<string, double>"),
    ("mapping from str to list of int", "map<string, list<int64>>"),
    ("iterable of str", "stream string"),
    ("iterator of str", "stream string"),
    ("generator of int", "stream int64"),
    ("positive int", "int64"),
    ("non-negative float", "double"),
    ("float in [0, 1]", "double"),
    ("float in the range [0, 1], default=0.5", "double"),
    ("float, between 0 and 1", "double"),
    ("int >= 1", "int64"),
    ("int, > 0", "int64"),
    ("int in range [1, 10]", "int64"),
    ("instance of Point", "message mylib.Point"),
    ("int, RandomState instance or None, default=None", "optional<int64>"),
    ("str or callable", "string"),
    ("{'a', 'b'} or callable, default='a'", 'enum{"a", "b"}'),
    ("str, path object or file-like object", "string"),
    ("int, number of topics", "int64"),
    ("str or pathlib.Path", "string"),
    ("PIL.Image", "bytes"),
    ("np.float32", "float"),
    ("datetime", "timestamp"),
    ("Any", "json"),
    ("iterable", "list<json>"),
    ("float in (0., 1.0) or int (0, n_samples), optional", "oneof<double | int64>"),
    ("pair of floats >= 0 or 'fixed', default=(1e-5, 1e5)", 'oneof<tuple<double, double> | enum{"fixed"}>'),
    ("{'cov', ...}", "string"),
    ("array of shape (n,) or array of shape (n, 2)", "tensor<any, any>"),
    ("ndarray of shape (n_samples, n_classes * (n_classes-1) / 2)", "tensor<any, [-1, -1]>"),
    ("numpy scalar or array of shape (n_classes,)", "oneof<double | tensor<any, [-1]>>"),
    ("tuple of two floats", "tuple<double, double>"),
    ("str or object with the Memory interface, default=None", "string"),
    ("float (optional, default 1.0)", "double"),
    (":obj: `list` of :obj: `~mylib.Point`", "list<message mylib.Point>"),
    ("array_like[int], optional", "tensor<int64, any>"),
    ("str or Model, optional", "string"),
    ("list, numpy 1-D array or None", "optional<tensor<any, [-1]>>"),
    ("C-contiguous array of shape (n_samples,)", "tensor<any, [-1]>"),
    ("pandas DataFrame or 3d numpy array, input time series.", "tensor<any, [-1, -1, -1]>"),
    ("lib.Pool or list or numpy.ndarray", "tensor<any, any>"),
    ("A dictionary containing the resulting text", "json"),
    ("csr_matrix or ndarray of shape (n, 2)", "tensor<any, [-1, 2]>"),
    ("bool or 'auto'", 'oneof<bool | enum{"auto"}>'),
    ("float - default 1.", "double"),
    ("float, (0, 1), optional", "double"),
    ("int or np.inf", "oneof<int64 | double>"),
    ("format string", "string"),
    ("float or tuple of float (low, high)", "oneof<double | tuple<double, double>>"),
    ("2-tuple of floats", "tuple<double, double>"),
    ("2-tuple", "list<json>"),
    ("str or (int, int) tuple", "oneof<string | tuple<int64, int64>>"),
    ("tuple[int]", "list<int64>"),
    ("tuple or list of tuples", "oneof<list<json> | list<list<json>>>"),
    ("list or tuple of int", "list<int64>"),
    ("list of ints or floats", "list<oneof<int64 | double>>"),
    ("int[]", "list<int64>"),
    ("int tuple", "list<int64>"),
    ("array-like of two numbers", "tensor<float64, [2]>"),
    ("array_like, 1d", "tensor<any, [-1]>"),
    ("2darray", "tensor<any, [-1, -1]>"),
    ("optional, 2D np.ndarray, default=None", "optional<tensor<any, [-1, -1]>>"),
    ("numpy.ndarray, int32", "tensor<int32, any>"),
    ("(n, d) matrix or vector of length n", "tensor<any, any>"),
    ("ndarray of size ranks", "tensor<any, any>"),
    ("tensor of varying shape", "tensor<any, any>"),
    ("indexable, length n_samples", "tensor<any, any>"),
    ("dict of {str: float} or None", "optional<map<string, double>>"),
    ("{``median``, ``mean``}", 'enum{"median", "mean"}'),
    ("int, RandomState, Generator or None", "optional<int64>"),
    ("torch.Size", "list<int64>"),
    ("tuple[tuple[int]]", "list<list<int64>>"),
    ("float on [0, 1]", "double"),
    ("str. path of a file", "string"),
    ("long tensor, (b, t)", "tensor<int64, [-1, -1]>"),
    ("str in ['a', 'b']", 'enum{"a", "b"}'),
    ("string in {'a', None}", 'optional<enum{"a"}>'),
    ("'a', 'b' and 'c'", 'enum{"a", "b", "c"}'),
    ("float or int ``None``", "optional<oneof<double | int64>>"),
    ("array or list of the right size (or float if there is one)", "oneof<tensor<any, any> | double>"),
    ("(batch, dimension) torch.Tensor", "tensor<any, [-1, -1]>"),
    ("ndarray or sparse matrix, (n, m)", "tensor<any, [-1, -1]>"),
    ("Tensor[N, K] or Tensor[N]", "tensor<any, any>"),
    ("array, shape (n,) | (n, m)", "tensor<any, any>"),
    ("array, shape (n_samples, [n_channels, ]n_times)", "tensor<any, any>"),
    ("array, shape (n, m x min(a, b), k)", "tensor<any, [-1, -1, -1]>"),
    ("ndarray, shape (n,) or shape (m,)", "tensor<any, [-1]>"),
    ("dict or iterable of pair or None", "optional<oneof<json | list<list<json>>>>"),
    ("np.array() (n_samples, )", "tensor<any, [-1]>"),
    ("of type int", "int64"),
    ("list of type str", "list<string>"),
    ("array of type float32", "tensor<float32, any>"),
    ("np.ndarray (2d)", "tensor<any, [-1, -1]>"),
    ("np.ndarray (1D or 2D)", "tensor<any, any>"),
]

UNREADABLE = [
    "callable",
    "function",
    "pandas.DataFrame",
    "Frobnicator",
    "the number of rows",
    "Callable[[int], str]",
    "dict of {str: BaseDetector}",
    "list of (str, estimator) tuples",
    "object in a format of its own",
    "dict of matplotlib.axes.Axes",
    "list of Model",
    "list of Model or list of (str, Model) tuples",
    "True",
    "'a' or 'b",
    "",
]


def docstring(phrase: str) -> str:
    return f"{PRELUDE}\n\nclass Model:\n    def run(self, x):\n        '''Run.\n\n        Parameters\n        ----------\n        x : {phrase}\n            What goes in.\n        '''\n"


@pytest.mark.parametrize(("phrase", "expected"), PHRASES)
def test_a_phrase_means(package, spell, phrase, expected):
    (parameter,) = package.method(docstring(phrase.replace("'", "\\'"))).parameters
    assert spell(parameter) == expected
    assert parameter.doc == "What goes in."


@pytest.mark.parametrize("phrase", UNREADABLE)
def test_a_phrase_that_is_no_type_refuses_the_method(package, phrase):
    reading = package.read(docstring(phrase))
    assert [finding.level.value for finding in reading.findings] == ["error"]
    assert reading.contract.modules[0].refused


def test_a_word_for_a_type_goes_before_a_function_of_its_name(package, spell):
    files = {
        "checks.py": "def indexable(x): ...\n",
        "model.py": f"from mylib.checks import indexable\n{docstring('indexable')}",
    }
    (parameter,) = package.method(files).parameters
    assert spell(parameter) == "tensor<any, any>"


GUESSES = [
    ("int", "int64"),
    ("Int representing a size.", "int64"),
    ("A tensor of shape `(n, m)`.", "tensor<any, [-1, -1]>"),
    ("Either 'a' or 'b'.", 'enum{"a", "b"}'),
    ("Numbers in a point.", None),
    ("Number of things.", None),
    ("Values", None),
    ("True or False", None),
    ("(string): 'a' or 'b'.", "string"),
    ("Words, 'a' or 'b", None),
]


@pytest.mark.parametrize(("description", "expected"), GUESSES)
def test_a_description_is_a_type_only_where_it_looks_like_one(package, spell, description, expected):
    doc = f"Run.\n\n        Args:\n            x: {description}\n        "
    reading = package.read(f'class Model:\n    def run(self, x) -> int:\n        """{doc}"""\n        return 1\n')
    (module,) = reading.contract.modules
    assert [spell(one) for method in module.methods for one in method.parameters] == ([expected] if expected else [])


RESULTS = [
    ("int", "int64"),
    ("label : int\n            The label.\n        score : float", "tuple<int64, double>"),
    ("mean : ndarray of shape (n,)\n            Mean.\n        std : ndarray of shape (n,), optional\n            Spread.",
     "oneof<tensor<any, [-1]> | tuple<tensor<any, [-1]>, tensor<any, [-1]>>>"),
    ("mean : float\n            Mean.\n        std : float\n            Only returned when asked for.",
     "oneof<double | tuple<double, double>>"),
    ("label : ndarray\n        score : float, if asked", "oneof<tensor<any, any> | tuple<tensor<any, any>, double>>"),
    ("statistic : float\n        p-value : float", "tuple<double, double>"),
    ("float\n        .. deprecated:: 1.0", "double"),
    ("self : object\n            The instance.", "empty"),
    ("self", "empty"),
    ("self, with new attributes", "empty"),
    ("loss (float, optional): What is left.", "optional<double>"),
    ("left, right : ndarray", "tuple<tensor<any, any>, tensor<any, any>>"),
    ("left, right : tuple[int, str]", "tuple<int64, string>"),
    ("float, float", "tuple<double, double>"),
    ("predicted values : ndarray", "tensor<any, any>"),
    ("accuracy score: float", "double"),
    ("None", "empty"),
    ("generator of str", "stream string"),
]  # fmt: skip


@pytest.mark.parametrize(("section", "expected"), RESULTS)
def test_a_result_section_means(package, answer, section, expected):
    head = 'class Model:\n    def run(self, x: int):\n        """Run.\n\n        Returns\n        -------\n        '
    assert answer(package.method(f'{head}{section}\n        """\n        return 1\n')) == expected
