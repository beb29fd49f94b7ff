"""A docstring's type phrase (`list of str, optional`) -> what it means: English around Python's names."""

from __future__ import annotations

import re
from dataclasses import replace

from modelgen.contract.types import Empty, Json, ListOf, Literals, Scalar, Tensor, TupleOf, TypeRef
from modelgen.source import spelling, wording, words
from modelgen.source.arrays import ARRAYS, DTYPE_WORDS, SCALAR_DTYPES, common, described, sharpened, torchwise
from modelgen.source.choices import alternatives, commas, items, literal, opened, pair, values
from modelgen.source.combining import map_of
from modelgen.source.expressions import TypeReader, parse_type
from modelgen.source.filler import counted_items, plainer
from modelgen.source.meaning import NOTHING, Meaning, Note, Unreadable
from modelgen.source.resolver import Scope
from modelgen.source.tensors import dtype_named
from modelgen.source.unions import optional, union

CHOICE = re.compile(r"\bor\b|\|")
MAX_LENGTH = 600
MAX_DEPTH = 12

SELF = re.compile(
    r"(?:an? )?(?:returns? )?(?:the )?(?:fitted |trained |same )?(?:instance of |instance )?self(?: object| instance)?"
    r"(?:\s*[,;(].*)?",
    re.I,
)
SOMETIMES = re.compile(r"\b(?:optional|only|if|when)\b", re.IGNORECASE)
MAX_SOMETIMES = 2
COUNTED = re.compile(r"^(?:\d+|two|three|four|five|n|m|k|n_\w+|len\s*\d+|length[- ]\d+)\s+(?=[A-Za-z])", re.I)
DIMENSIONS = re.compile(r"^(?P<rank>\d)\s*-?\s*d(?:im(?:ensional)?)?\.?(?:\s+|(?=array|tensor))(?=[A-Za-z])", re.I)
WORD_DIMENSIONS = {"one": 1, "two": 2, "three": 3, "four": 4}
RANK_LAST = re.compile(r"(?<=[a-z]),\s*(?P<rank>\d)\s*-?\s*d(?:im(?:ensional)?)?$", re.I)
RANKED = re.compile(r"^(?P<rank>one|two|three|four)[- ]dimensional\s+", re.I)
CONTAINER = re.compile(
    r"^(?P<container>[A-Za-z][\w.-]*(?:[ -]like)?)\s*(?:objects?\s+)?(?:\s+of|\s+containing|\s+with)\s+(?P<item>.+)$",
    re.I | re.S,
)
OF_INSIDE = re.compile(r"\s*\(of ([^()]*)\)$")
CALLED = re.compile(
    r"^(?P<container>list|tuple|set|frozenset|sequence|dict|array|iterable|optional|union)\s*\((?P<item>.+)\)$",
    re.I | re.S,
)
MAPPING = re.compile(
    r"^(?:dict|dictionary|dictionaries|dicts|mapping|mappings|hash|defaultdict|ordereddict)"
    r"\s*(?:of|mapping|from|with|that maps|which maps|\()?\s+"
    r"[{(]?(?:keys? of type\s+)?(?P<key>[\w.'\"|\[\] -]+?)(?:\s+keys?)?\s*"
    r"(?:->|=>|:|\bto\b|\bas keys and\b|,\s*values? of type\b|\band\b|,|-)\s*(?P<value>.+?)"
    r"(?:\s+(?:values?|as values?))?[})]?$",
    re.I | re.S,
)
OR_SHAPE = re.compile(r"\bor\s+(?:of\s+)?shape\b")
ONE_TUPLE = re.compile(r"\b([tT]uple\[(?:[\w.]+\[[^\[\]]*\]|[\w.]+))\]")
"""In docstrings `tuple[int]` is a tuple of any length."""
CLASS_NAME = re.compile(r"(?:(?:\w+\.)+[A-Z]\w*|[A-Z][a-z]*[A-Z]\w*)(?: (?:objects?|instances?))?")
LISTS = frozenset(
    "list lists sequence sequences list-like collection collections listlike iterable-like vector_of deque".split()
)
STREAMS = {"iterable": "iterable", "iterables": "iterable", "iterator": "iterator", "generator": "iterator"}
ASYNC_STREAMS = frozenset(
    {"async iterator", "async generator", "asynciterator", "asyncgenerator", "asynchronous iterator"}
)
STRICT = frozenset(
    "str string int integer float bool boolean bytes list dict tuple set frozenset none ndarray np.ndarray "
    "numpy.ndarray torch.tensor strings ints integers floats bools any object array-like".split()
)


class PhraseReader:
    """Reads type phrases."""

    def __init__(self, types: TypeReader) -> None:
        self.types = types

    def meaning(self, text: str, scope: Scope, *, guessed: bool = False) -> Meaning:
        """What a phrase means; a guessed one must look like a type, not like prose.

        Raises:
            Unreadable: nothing that can be sent, or no type at all.
        """
        if len(text) > MAX_LENGTH:
            raise Unreadable("the text is too long for a type")
        loose = replace(scope, loose=True, strict=guessed)
        parts = [part for part in text.split("\n") if part.strip()]
        if len(parts) > 1:
            return self._results(parts, loose)
        cleaned = wording.clean(text)
        if guessed and not _looks_like_type(cleaned):
            raise Unreadable("the text is not a type")
        if not cleaned:
            raise Unreadable("no type is stated", code="type-missing")
        if SELF.fullmatch(cleaned) or cleaned in ("Self", "cls"):
            return replace(NOTHING, own=True)
        if cleaned in ("True", "False"):
            raise Unreadable("the text is not a type")
        found = self._phrase(cleaned, loose, 0)
        nullable = re.search(r"\boptional\b", text, re.I) and not found.stream and re.search(r"\bNone\b", text)
        return found.with_type(optional(found.type)) if nullable else found

    def _results(self, parts: list[str], scope: Scope) -> Meaning:
        """Several results of one method: a tuple; with results that come only at times, one of several tuples."""
        sometimes = [bool(SOMETIMES.search(part)) for part in parts]
        types = [_plain(self._phrase(wording.clean(part), scope, 1)).type for part in parts]
        if not any(sometimes):
            return Meaning(type=TupleOf(items=tuple(types)))
        if sometimes[0] or sum(sometimes) > MAX_SOMETIMES:
            raise Unreadable("some of the results come only at times", "give the result's type in settings (`types`)")
        arms: list[tuple[TypeRef, ...]] = [()]
        for type_, optional_one in zip(types, sometimes, strict=True):
            longer = [(*arm, type_) for arm in arms]
            arms = [*arms, *longer] if optional_one else longer
        return Meaning(type=union(arm[0] if len(arm) == 1 else TupleOf(items=arm) for arm in arms))

    def _phrase(self, text: str, scope: Scope, depth: int) -> Meaning:
        """Alternatives: what commas, `or`, `|` and `/` separate."""
        if depth > MAX_DEPTH:
            raise Unreadable("the type is nested too deeply")
        if not text:
            raise Unreadable("the text is not a type")
        value = literal(text)
        if value is not None:
            return Meaning(type=value)
        direct = self._direct(text, scope)
        if direct is not None:
            return direct
        several = len(wording.SHAPE.findall(OR_SHAPE.sub("or", text))) > 1 and len(alternatives(text)) > 1
        tensor = self._tensor(text, scope, depth) if not several else None
        if tensor is not None:
            return tensor
        whole = pair(text)
        if whole is not None:
            return Meaning(
                type=TupleOf(items=tuple(_plain(self._phrase(part, scope, depth + 1)).type for part in whole))
            )
        mapped = self._mapping(text, scope, depth)
        if mapped is not None:
            return mapped
        arms = alternatives(text) if not items(text) else [text]
        if len(arms) > 1 and len(set(arms)) == 1 and not CHOICE.search(text):
            return Meaning(type=TupleOf(items=(_plain(self._phrase(arms[0], scope, depth + 1)).type,) * len(arms)))
        if len(arms) > 1:
            return self._union(arms, scope, depth, CHOICE.search(text) is not None)
        return self._atom(text, scope, depth) if arms[0] == text else self._phrase(arms[0], scope, depth + 1)

    def _direct(self, text: str, scope: Scope) -> Meaning | None:
        """A name, a word of the table, or an expression that is Python as it stands."""
        word = text.strip().lower()
        if re.match(r"^object (?:with|implementing|that|having|which|in|from|for|supporting)\b", word):
            raise Unreadable("an object cannot be sent")
        if scope.strict and word in words.WORDS and word not in STRICT:
            return None
        if re.fullmatch(r"[A-Za-z_][\w.]*", text):
            return self._name(text, scope)
        if word in words.WORDS:
            return Meaning(type=words.WORDS[word], weak=_is_weak(words.WORDS[word]))
        if word in words.UNSENDABLE:
            raise Unreadable(f"`{text}` cannot be sent: {words.UNSENDABLE[word]}")
        if re.fullmatch(r"[a-z]\w*\[\]", text):
            return self._phrase(f"list of {text[:-2]}", scope, 1)
        if re.match(r"^array[-_]like\[[\w.]+\]$", word):
            return self._array_of("array-like", text[text.index("[") + 1 : -1], scope, 0)
        if "[" in text and re.match(r"^[\w.]+\[", text) and " of " not in text and " or " not in text:
            return self._expression(ONE_TUPLE.sub(r"\1, ...]", ONE_TUPLE.sub(r"\1, ...]", text)), scope)
        return None

    def _expression(self, text: str, scope: Scope) -> Meaning | None:
        try:
            node = parse_type(text)
        except Unreadable:
            return None
        return self.types.meaning(node, scope)

    def _name(self, text: str, scope: Scope) -> Meaning | None:
        try:
            return self.types.meaning(parse_type(text), scope)
        except Unreadable as error:
            if error.code == "type-unresolved" or error.reason == "the text is not a type":
                return None
            raise

    def _union(self, arms: list[str], scope: Scope, depth: int, spoken_choice: bool = False) -> Meaning:
        """Alternatives together; those that cannot be sent are left out with a note."""
        written = values(arms)
        if written is not None:
            return Meaning(type=written)
        if any(arm in ("...", "…") for arm in arms):
            return Meaning(type=opened([arm for arm in arms if arm not in ("...", "…")]))
        meanings: list[Meaning] = []
        notes: list[Note] = []
        first: Unreadable | None = None
        for arm in arms:
            try:
                meanings.append(self._arm(arm, scope, depth))
            except Unreadable as error:
                first = first or error
                if arm is arms[0] and not spoken_choice and not _is_known(error):
                    raise
                notes.append(Note(code="alternative-left-out", text=f"`{arm}`"))
        unread = next((note.text for note in notes if re.search(r"^`['\"]|['\"]`$", note.text)), "")
        if unread and any(isinstance(one.type, Literals) for one in meanings):
            raise Unreadable(f"{unread} is not one of the values")
        real = [meaning for meaning in meanings if not isinstance(meaning.type, Empty)]
        if not real:
            raise first or Unreadable("the text is not a type")
        if len(real) == 1 and real[0].stream and len(meanings) == 1:
            return replace(real[0], notes=tuple(notes))
        streams = [meaning for meaning in real if meaning.stream in ("iterator", "async")]
        if streams and len(streams) < len(real):
            notes.append(Note(code="alternative-left-out", text="a stream"))
            meanings = [meaning for meaning in meanings if meaning not in streams]
        type_ = union(_plain(meaning).type for meaning in meanings)
        return Meaning(type=type_, notes=tuple(notes), weak=all(meaning.weak for meaning in real))

    def _arm(self, text: str, scope: Scope, depth: int) -> Meaning:
        meaning = self._phrase(wording.bare(text), scope, depth + 1)
        if meaning.own:
            raise Unreadable("an instance of the served class cannot be sent")
        return meaning

    def _atom(self, text: str, scope: Scope, depth: int) -> Meaning:
        """One alternative: a value, a set of values or types, a container, or a decorated name."""
        if text.startswith("{"):
            return self._braces(text, scope, depth)
        if text.startswith("(") and text != wording.unwrap(text):
            return self._phrase(wording.unwrap(text), scope, depth + 1)
        contained = self._contained(text, scope, depth)
        if contained is not None:
            return contained
        less = plainer(text, strict=scope.strict)
        if less != text:
            return self._phrase(less, scope, depth + 1)
        if re.fullmatch(r"[A-Za-z_][\w.]*", text):
            return self.types.meaning(parse_type(text), scope)
        raise Unreadable(
            "the text is not a type", "write a type that Python has, such as `list[str]`", code="type-unresolved"
        )

    def _braces(self, text: str, scope: Scope, depth: int) -> Meaning:
        """`{'a', 'b'}` are values, `{array-like, sparse matrix}` are types: quotes and numbers decide."""
        end = wording.find(text, "}") if "}" not in text else text.rfind("}")
        inner, rest = re.sub(r",\s*default\s*=.*$", "", text[1:end]).strip(), text[end + 1 :].strip()
        arms = alternatives(inner)
        mapping = re.fullmatch(r"([\w.]+)\s*:\s*(.+)", inner)
        if mapping and len(arms) == 1:
            key, value = (self._phrase(part, scope, depth + 1) for part in mapping.groups())
            return Meaning(type=map_of(_plain(key).type, _plain(value).type))
        if not arms:
            raise Unreadable("the text is not a type")
        found = self._union(arms, scope, depth) if len(arms) > 1 else self._phrase(arms[0], scope, depth + 1)
        if rest.lower().startswith("of ") and not isinstance(found.type, Tensor):
            return self._phrase(f"list {rest}", scope, depth + 1)
        return found

    def _tensor(self, text: str, scope: Scope, depth: int) -> Meaning | None:
        """An array with what the text says of its shape and dtype."""
        shape_text, dtype_text, rest = described(text)
        ranked = DIMENSIONS.match(rest) or RANKED.match(rest) or RANK_LAST.search(rest)
        rank = ranked.group("rank").lower() if ranked else ""
        rest = rest[: ranked.start()] + rest[ranked.end() :] if ranked else rest
        if rest == text:
            return None
        try:
            found = self._phrase(rest, scope, depth + 1)
        except Unreadable as error:
            if _is_known(error):
                raise
            return None
        free = (-1,) * (WORD_DIMENSIONS.get(rank) or int(rank)) if rank else None
        shapes = [wording.shape_of(one) for one in shape_text]
        shape = common(shapes) if shapes else free
        dtype = dtype_named(torchwise(dtype_text, found.type)) if dtype_text else "any"
        sharper = sharpened(found.type, dtype, shape)
        return found.with_type(sharper) if sharper is not None else found

    def _mapping(self, text: str, scope: Scope, depth: int) -> Meaning | None:
        """`dict of str to int`, `dict mapping names to arrays`, `dict (str -> float)`."""
        if text.endswith(" or None"):
            inner = self._mapping(text[: -len(" or None")].rstrip(","), scope, depth)
            return inner.with_type(optional(inner.type)) if inner else None
        match = MAPPING.match(text)
        if not match:
            return None
        try:
            key = _plain(self._phrase(match.group("key").strip(), scope, depth + 1)).type
            value = _plain(self._phrase(match.group("value").strip(), scope, depth + 1)).type
        except Unreadable as error:
            if _is_known(error) or CLASS_NAME.fullmatch(match.group("value")):
                raise
            return Meaning(type=Json(object=True))
        return Meaning(type=map_of(key, value))

    def _contained(self, text: str, scope: Scope, depth: int) -> Meaning | None:
        """`list of str`, `tuple of (int, int)`, `array of floats`, `iterator of str`, `list(str)`."""
        match = CALLED.match(text) or CONTAINER.match(OF_INSIDE.sub(r" of \1", text))
        if not match:
            return None
        container, item_text = match.group("container").lower(), match.group("item").strip()
        if container in ("optional", "union"):
            meaning = self._phrase(item_text, scope, depth + 1)
            return meaning.with_type(optional(meaning.type)) if container == "optional" else meaning
        items = pair(item_text) or (commas(item_text) if container == "tuple" else None)
        if container in ("tuple", "tuples") and items is not None:
            return Meaning(
                type=TupleOf(items=tuple(_plain(self._phrase(part, scope, depth + 1)).type for part in items))
            )
        if container in ("tuple", "pair"):
            number, each = counted_items(item_text)
            if number:
                item = _plain(self._phrase(each, scope, depth + 1)).type
                return Meaning(type=TupleOf(items=(item,) * number))
        if container in ("pair", "pairs"):
            item = _plain(self._phrase(item_text, scope, depth + 1)).type
            return Meaning(type=TupleOf(items=(item, item)))
        if container in ARRAYS:
            return self._array_of(container, item_text, scope, depth)
        if container in ("dict", "dictionary", "mapping", "dicts"):
            parts = commas(item_text) or []
            if CLASS_NAME.fullmatch(item_text):
                self._phrase(item_text, scope, depth + 1)
            if len(parts) != 2:
                return Meaning(type=Json(object=True))
            key, value = (_plain(self._phrase(part, scope, depth + 1)).type for part in parts)
            return Meaning(type=map_of(key, value))
        return self._many(container, item_text, scope, depth)

    def _many(self, container: str, item_text: str, scope: Scope, depth: int) -> Meaning | None:
        item_text = COUNTED.sub("", item_text)
        hosts = {"tuple": "tuple", "tuples": "tuple", "set": "set", "sets": "set", "frozenset": "frozenset"}
        if (
            container not in LISTS
            and container not in hosts
            and container not in STREAMS
            and container not in ASYNC_STREAMS
        ):
            return None
        meaning = self._phrase(item_text, scope, depth + 1)
        item = _plain(meaning).type
        if container in STREAMS:
            kind = STREAMS[container]
            return Meaning(type=item, stream="iterable" if kind == "iterable" else "iterator", notes=meaning.notes)
        if container in ASYNC_STREAMS:
            return Meaning(type=item, stream="async", notes=meaning.notes)
        host = hosts.get(container, "list")
        list_type = ListOf(item=item)
        if host == "tuple":
            list_type = ListOf(item=item, host="tuple")
        elif host in ("set", "frozenset"):
            list_type = ListOf(item=item, host="set" if host == "set" else "frozenset")
        return Meaning(type=list_type, notes=meaning.notes)

    def _array_of(self, container: str, item_text: str, scope: Scope, depth: int) -> Meaning:
        """`ndarray of float32`, `array-like of str`."""
        array = words.WORDS.get(container, Tensor())
        number, item_text = counted_items(item_text)
        if number and isinstance(array, Tensor):
            array = replace(array, shape=(number,))
        short = item_text.strip().rpartition(".")[2].lower()
        if isinstance(array, Tensor) and short in DTYPE_WORDS and spelling.DTYPES.get(short) != "str":
            return Meaning(type=replace(array, dtype=dtype_named(torchwise(item_text, array).lower())))
        item = _plain(self._phrase(item_text, scope, depth + 1)).type
        if isinstance(item, Tensor):
            return Meaning(type=Tensor(host=item.host))
        if isinstance(item, Scalar) and item.kind in SCALAR_DTYPES and isinstance(array, Tensor):
            return Meaning(type=replace(array, dtype=SCALAR_DTYPES[item.kind]))
        if container in ("array-like", "array_like", "arraylike", "array-likes"):
            return Meaning(type=ListOf(item=item))
        raise Unreadable(f"an array of `{item_text}` cannot be sent", "use a list")


def _plain(meaning: Meaning) -> Meaning:
    """What is inside another type: no stream."""
    if meaning.stream == "iterable":
        return replace(meaning, type=ListOf(item=meaning.type), stream="")
    if meaning.stream:
        raise Unreadable("a stream inside another type cannot be sent")
    if meaning.own:
        raise Unreadable("an instance of the served class cannot be sent")
    return meaning


def _is_known(error: Unreadable) -> bool:
    """Whether the text was understood, and only cannot be sent."""
    return error.code != "type-unresolved" and error.reason not in ("the text is not a type", "this is not a type")


def _is_weak(type_: TypeRef) -> bool:
    return isinstance(type_, Json) or (isinstance(type_, ListOf) and isinstance(type_.item, Json))


def _looks_like_type(text: str) -> bool:
    """Whether a description is short enough, and has no sentence in it."""
    return bool(text) and len(text.split()) <= 6 and not re.search(r"\.\s|^[Tt]he |^(?:True|False)\b", text)
