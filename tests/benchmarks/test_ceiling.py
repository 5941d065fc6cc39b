"""What is measured as free of cryptography is, and all else of the request is as it was."""

from __future__ import annotations

from benchmarks.ceiling import for_nothing
from benchmarks.operations import OPERATIONS
from benchmarks.peers import OURS, PEERS
from benchmarks.requests import Stage, ask
from benchmarks.shapes import one_shape
from tests.flask.world import counting_cryptography


def test_what_was_opened_and_sealed_before_costs_no_cryptography() -> None:
    stage = Stage(one_shape("login"), [peer for peer in PEERS if peer.name == OURS])
    stage.renew()
    read = next(operation for operation in OPERATIONS if operation.name == "read")
    (request, *_) = stage.environs(OURS, read, permanent=True)
    before = ask(stage.apps[OURS], request)
    with for_nothing():
        ask(stage.apps[OURS], request)
        with counting_cryptography() as counter:
            again = ask(stage.apps[OURS], request)
        assert (counter.seals, counter.opens) == (0, 0)
    assert (again.status, again.body) == (before.status, before.body)
    assert [len(line) for line in again.cookies] == [len(line) for line in before.cookies]
    with counting_cryptography() as counter:
        ask(stage.apps[OURS], request)
    assert (counter.seals, counter.opens) == (1, 1)
