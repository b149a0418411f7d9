"""Names: so many of each kind, the same in every process; the rest is `_other`, and totals stay whole."""

import multiprocessing

import pytest

from monitoring import operation
from monitoring.admission import admitted

forking = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def three(settings):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"MAX_OPERATIONS": 3}


def test_the_first_are_admitted_and_the_rest_folded(figure):
    for i in range(10):
        with operation(f"work {i}"):
            pass
    assert figure("tacho_operations", "block", "work 0") == 1
    assert figure("tacho_operations", "block", "_other") == 7
    assert figure("tacho_operations", "block") == 10


def test_each_kind_has_its_own_number():
    assert [admitted("block", f"b{i}") for i in range(4)] == ["b0", "b1", "b2", "_other"]
    assert [admitted("task", f"t{i}") for i in range(4)] == ["t0", "t1", "t2", "_other"]


def test_every_process_admits_the_same():
    def work(queue):
        queue.put([admitted("block", name) for name in ("x", "a", "y")])

    assert [admitted("block", name) for name in ("a", "b")] == ["a", "b"]
    queue = forking.Queue()
    child = forking.Process(target=work, args=(queue,))
    child.start()
    assert queue.get(timeout=20) == ["x", "a", "_other"]
    child.join(20)
    assert [admitted("block", name) for name in ("x", "c")] == ["x", "_other"]


def test_a_name_with_line_breaks_is_no_way_around():
    assert admitted("block", "a\nb\tc") == "_other"
