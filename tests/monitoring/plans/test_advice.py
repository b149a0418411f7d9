"""Names of indexes: as PostgreSQL would take them."""

from monitoring.plans.advice import MAX_NAME_BYTES, index_name


def test_a_name_says_table_and_columns():
    assert index_name("orders", ["status", "made_at"]) == "orders_status_made_at_idx"
    assert index_name("orders", ["status"], "2") == "orders_status_idx2"


def test_a_long_name_keeps_a_piece_of_both_within_63_bytes():
    found = index_name("t" * 60, ["c" * 60, "d"])
    assert len(found) == MAX_NAME_BYTES
    assert found.startswith("t" * 20)
    assert "c" * 20 in found
    assert found.endswith("_idx")


def test_a_letter_of_several_bytes_is_not_cut_in_two():
    found = index_name("ñ" * 40, ["é" * 40])
    assert len(found.encode()) <= MAX_NAME_BYTES
    assert set(found.removesuffix("_idx")) == {"ñ", "é", "_"}


def test_a_short_table_leaves_its_room_to_the_columns():
    assert index_name("t", ["c" * 80]) == f"t_{'c' * 57}_idx"
