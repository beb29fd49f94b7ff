"""Loop and worker take turns on one processor; nothing of the model's stays there."""

from __future__ import annotations

import gc
import os
import sys

import pytest

RUN = "/api/v1/classifier/run-mood"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")


def test_a_brisk_model_and_its_threads_run_on_any_processor(start):
    everywhere = {"result": str([sorted(os.sched_getaffinity(0))] * 2)}
    service = start()
    with service.client() as client:
        for _ in range(1000):  # so many that it counts as brisk, and that loop and worker have sat for long
            assert client.post(RUN, json={"inputs": "text"}).json() == {"result": "ok"}
        found = [client.post(RUN, json={"inputs": "processors"}).json() for _ in range(20)]
    assert found == [everywhere] * 20


def test_the_loop_sits_while_it_takes_turns_and_rises_for_others(start):
    everywhere, one = os.sched_getaffinity(0), 0
    if len(everywhere) == 1:
        pytest.skip("there is one processor")
    service = start()

    def where() -> int:
        return len(os.sched_getaffinity(service.process.pid))

    with service.client() as client:
        for _ in range(1000):
            client.post(RUN, json={"inputs": "text"})
            one += where() == 1
        assert one > 300, "most turns are taken in the seat, once the model counts as brisk"
        client.get("/health")
        assert where() == len(everywhere)


def test_the_collector_is_as_it_was_once_models_are_loaded(start, wait_until):
    usual, service = {"result": str(gc.get_threshold())}, start()
    with service.client() as client:
        wait_until(lambda: client.post(RUN, json={"inputs": "collector"}).json() == usual, "the usual threshold")
