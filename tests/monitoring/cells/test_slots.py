"""Slots: one a process, taken over when it dies, never torn, never fatal."""

import errno
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from monitoring.catalog import Metric
from monitoring.cells import process, reader
from monitoring.cells.family import family
from monitoring.cells.layout import SLOT_PATTERN, Key, decode, key_of
from monitoring.cells.slot import SlotError, claim
from monitoring.errors import ConfigurationError

COUNTER = Metric("test_things", "counter", "Things.", ("name",))
GAUGE = Metric("test_now", "gauge", "Now.")
HISTOGRAM = Metric("test_seconds", "histogram", "Seconds.", (), (0.1, 1.0))

forking = multiprocessing.get_context("fork")


def key(name="a"):
    return key_of(COUNTER, (name,))


def total(name="a"):
    series, _ = reader.read()
    return sum(one.cells[0] for one in series if one.key == key(name))


def add(amount, name="a"):
    with process.lock:
        process.slot().cells[family(COUNTER).base(name)] += amount


def in_child(work, *args):
    child = forking.Process(target=work, args=args)
    child.start()
    child.join(20)
    return child.exitcode


def files(folder):
    return sorted(path.name for path in folder.glob(SLOT_PATTERN))


def test_processes_have_slots_of_their_own_and_one_sum(tmp_path):
    add(1)
    assert in_child(add, 2) == 0
    assert total() == 3
    assert files(tmp_path / "figures") == ["slot_000.cells", "slot_001.cells"]


def test_a_slot_of_the_dead_is_taken_over_and_its_counts_stay(tmp_path):
    add(1)
    for _ in range(5):
        assert in_child(add, 1) == 0
    assert total() == 6
    assert len(files(tmp_path / "figures")) == 2


def add_and_be_killed():
    add(1)
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_was_written_survives_sigkill():
    add(1)
    assert in_child(add_and_be_killed) == -signal.SIGKILL
    assert total() == 2


def test_a_gauge_ends_with_its_process(tmp_path):
    def hold(amount, ready, leave):
        with process.lock:
            process.slot().cells[family(GAUGE).base()] = amount
        ready.set()
        leave.wait(20)

    add(0)
    ready, leave = forking.Event(), forking.Event()
    child = forking.Process(target=hold, args=(7, ready, leave))
    child.start()
    assert ready.wait(20)

    def now():
        return sum(one.cells[0] for one in reader.read()[0] if one.key == key_of(GAUGE, ()))

    assert now() == 7
    leave.set()
    child.join(20)
    assert now() == 0
    taken = claim(tmp_path / "figures")
    assert taken.cells[taken.add(key_of(GAUGE, ()))] == 0
    taken.abandon()


def test_a_forked_child_does_not_free_its_parents_slot(tmp_path):
    add(1)
    assert in_child(lambda: None) == 0
    other = claim(tmp_path / "figures")
    assert other.number == 1
    other.abandon()


def test_keys_come_back_as_they_were_written():
    keys = [Key("c", "x", ("GET /a/{b}", 'quo"te\\ \n ü'), ()), Key("h", "y", (), (0.1, 0.2, 1.0))]
    assert decode(b"".join(one.encode() for one in keys)) == keys


def test_half_a_key_is_never_read(tmp_path):
    slot = claim(tmp_path)
    slot.add(key("a"))
    published = slot._header[1]
    slot.add(key("b"))
    slot._header[1] = published  # killed between writing the key and publishing it
    slot.abandon()
    again = claim(tmp_path)
    assert list(again.index) == [key("a")]
    again.cells[again.add(key("c"))] = 5
    assert again.index[key("c")] == 1
    again.abandon()


def test_a_full_disk_is_an_error_that_says_so_and_changes_nothing(tmp_path, monkeypatch):
    slot = claim(tmp_path)

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    slot._reserved = dict.fromkeys(slot._reserved, 0)
    with pytest.raises(SlotError, match="No space left on device"):
        slot.add(key("a"))
    assert slot.index == {}
    monkeypatch.undo()
    assert slot.add(key("a")) == 0
    slot.abandon()


def test_a_full_slot_is_an_error_that_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("monitoring.cells.slot.CELLS", 2)
    slot = claim(tmp_path)
    slot.add(key("a"))
    slot.add(key("b"))
    with pytest.raises(SlotError, match="MAX_OPERATIONS"):
        slot.add(key("c"))
    slot.abandon()


def test_a_folder_that_cannot_be_made_counts_for_this_process_alone(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TACHOGRAPH_DIR", str(tmp_path / "file" / "figures"))
    from monitoring.conf import conf

    conf.cache_clear()
    process.forget()
    add(3)
    assert total() == 3
    assert "this process alone" in caplog.text


def test_a_folder_of_somebody_else_is_refused(tmp_path, monkeypatch):
    from monitoring.cells import directory
    from monitoring.conf import conf

    monkeypatch.delenv("TACHOGRAPH_DIR")
    conf.cache_clear()
    monkeypatch.setattr(directory, "SHARED_MEMORY", tmp_path)
    (tmp_path / "elsewhere").mkdir()
    made = directory.directory()
    assert made.parent == tmp_path
    assert made.stat().st_mode & 0o777 == 0o700
    made.rmdir()
    made.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="TACHOGRAPH_DIR"):
        directory.directory()


def test_a_file_that_is_no_slot_is_passed_over(tmp_path):
    add(1)
    Path(tmp_path / "figures" / "slot_007.cells").write_bytes(b"something else altogether")
    assert total() == 1


def writer(stop):
    with process.lock:
        base = family(HISTOGRAM).base()
    while not stop.is_set():
        with process.lock:
            process.slot().cells[base] += 1


def test_sums_never_fall_while_others_write():
    add(0)
    stop = forking.Event()
    children = [forking.Process(target=writer, args=(stop,)) for _ in range(2)]
    for child in children:
        child.start()
    last = 0.0
    for _ in range(200):
        series, _ = reader.read()
        now = sum(one.cells[0] for one in series if one.key.name == HISTOGRAM.name)
        assert now >= last
        last = now
    stop.set()
    for child in children:
        child.join(20)
