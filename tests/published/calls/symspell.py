"""A speller of symspellpy, which learns its words over the wire."""

from __future__ import annotations

from symspellpy import SymSpell, Verbosity

WORDS = {"the": 500, "quick": 40, "brown": 30, "fox": 20, "jumps": 9, "over": 200, "lazy": 8, "dog": 60}
DEPLOYMENTS = {"rest": "english", "http": "second", "grpc": "third"}
MODULE = "SymSpell"


def make() -> SymSpell:
    return SymSpell(max_dictionary_edit_distance=2)


CALLS = [
    *(
        ("create_dictionary_entry", {"key": word, "count": count}, {"inputs": {"key": word, "count": count}})
        for word, count in WORDS.items()
    ),
    (
        "lookup",
        {"phrase": "quik", "verbosity": Verbosity.CLOSEST},
        {"inputs": {"phrase": "quik", "verbosity": 1}},
    ),
    (
        "lookup_compound",
        {"phrase": "the quik borwn foxjumps", "max_edit_distance": 2},
        {"inputs": {"phrase": "the quik borwn foxjumps", "max_edit_distance": 2}},
    ),
    ("word_segmentation", {"phrase": "thequickbrownfox"}, {"inputs": "thequickbrownfox"}),
]


def plain(answer: object) -> object:
    if isinstance(answer, list):
        return [(one.term, one.distance, one.count) for one in answer]
    names = ("segmented_string", "corrected_string", "distance_sum", "log_prob_sum")
    return [getattr(answer, name) for name in names] if hasattr(answer, names[0]) else answer
