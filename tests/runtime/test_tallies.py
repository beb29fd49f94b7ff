"""Plain numbers and the library's own counters tell the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from modelgen.runtime.metrics import SECONDS
from modelgen.runtime.tallies import Own, Shared

LABELS = st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["M.run", "M.say"]), st.sampled_from(["http", "grpc"]))
TIMES = st.one_of(st.sampled_from(SECONDS), st.floats(0, 100))


def read(registry: CollectorRegistry) -> dict[object, float]:
    families = text_string_to_metric_families(generate_latest(registry).decode())
    samples = [sample for family in families for sample in family.samples if not sample.name.endswith("_created")]
    return {(sample.name, frozenset(sample.labels.items())): round(sample.value, 6) for sample in samples}


@given(st.lists(st.tuples(LABELS, st.sampled_from(["OK", "INTERNAL"]), TIMES)))
def test_both_tell_the_same(requests):
    found = []
    for kind in (Own, Shared):
        registry = CollectorRegistry()
        counting = kind(registry, SECONDS)
        for labels, code, seconds in requests:
            counting.count(labels, code)(seconds)
        found.append(read(registry))
    assert found[0] == found[1]
