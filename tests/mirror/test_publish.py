"""The route table's file: whole or not at all, and obeyed as long as it was ever good."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.publish import OlderTable, RouteTableBroken, Watcher, read, version_in, write
from mirror.route_table import RouteTable, Standing

NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=8)
PERCENTS = st.floats(0, 100)
STANDINGS = st.builds(
    Standing,
    tenant=NAMES,
    route=st.sampled_from(["chat", "audio"]),
    stage=st.sampled_from(["off", "mirror", "canary", "live", "rolled_back"]),
    share=PERCENTS,
    epoch=st.integers(0, 10**6),
    salt=st.text(max_size=8).filter(lambda text: text.isprintable()),
    shadow_percent=PERCENTS,
    reask_percent=PERCENTS,
    candidate=st.text("0123456789abcdef", max_size=64),
)


def table(*standings, version=1, emergency=False, emergencies=(), drains=None, factors=None):
    rows = {(row.tenant, row.route): row for row in standings}
    switched = frozenset(emergencies), drains or {}, factors or {}
    return RouteTable(version, 1_700_000_000_000_000, rows, emergency, *switched)


def standing(**values):
    given = {"tenant": "clinic", "route": "chat", "stage": "canary", "share": 5.0, "epoch": 3}
    return Standing(**given | {"salt": "s"} | values)


@given(
    rows=st.lists(STANDINGS),
    emergency=st.booleans(),
    emergencies=st.lists(st.tuples(NAMES | st.just(""), NAMES | st.just(""))),
    drains=st.dictionaries(NAMES, st.integers(0, 2**53)),
    factors=st.dictionaries(NAMES, st.floats(0, 1, exclude_min=True)),
)
def test_what_is_written_is_read(tmp_path_factory, rows, **switched):
    path = tmp_path_factory.mktemp("routes") / "routes.json"
    written = table(*rows, **switched)
    write(path, written)
    assert read(path) == written


def test_writing_leaves_no_draft_behind(tmp_path):
    for version in range(3):
        write(tmp_path / "routes.json", table(standing(), version=version))
    assert [path.name for path in tmp_path.iterdir()] == ["routes.json"]


def test_a_later_table_is_not_replaced_by_an_older_one(tmp_path):
    path = tmp_path / "routes.json"
    write(path, table(standing(), version=3 * 2**32 + 1))
    with pytest.raises(OlderTable, match=f"version {3 * 2**32 + 1} is in force"):
        write(path, table(version=2 * 2**32 + 900))
    assert read(path).version == 3 * 2**32 + 1
    assert [one.name for one in tmp_path.iterdir()] == ["routes.json"]
    write(path, table(version=3 * 2**32 + 1))  # the same again may be put right


@pytest.mark.parametrize(
    "text", [b"", b"{}", b'{"version": "9", ', b'{"version": -9,', b"\xff"]
)
def test_what_is_no_table_has_no_version_and_is_replaced(tmp_path, text):
    path = tmp_path / "routes.json"
    assert version_in(path) == 0
    path.write_bytes(text)
    assert version_in(path) == 0
    write(path, table(version=1))
    assert version_in(path) == 1


def broken(**changes):
    row = {
        "tenant": "clinic",
        "route": "chat",
        "stage": "canary",
        "share": 5.0,
        "epoch": 1,
        "salt": "s",
        "shadow_percent": 100.0,
        "reask_percent": 0.0,
    }
    rows = [row | changes]
    return json.dumps(
        {"version": 1, "published_us": 1, "emergency": False, "standings": rows}
    ).encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "Invalid JSON"),
        (b"[]", "file"),
        (b'{"version": 1}', "published_us"),
        (broken()[:-9], "Invalid JSON"),
        (broken(stage="cannary"), "unknown stage"),
        (broken(share=101), "outside 0..100"),
        (broken(share=-0.5), "outside 0..100"),
        (broken(reask_percent=1e9), "outside 0..100"),
        (broken(share="5"), "share"),
        (broken(share=float("nan")), "outside 0..100"),
        (broken().replace(b"[{", b"[" + broken().split(b"[")[1][:-2] + b",{"), "twice"),
    ],
)
def test_a_file_that_cannot_be_believed_is_told_with_its_name_and_fault(tmp_path, content, why):
    path = tmp_path / "routes.json"
    path.write_bytes(content)
    with pytest.raises(RouteTableBroken, match=r"routes\.json") as told:
        read(path)
    assert why in str(told.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(RouteTableBroken, match="No such file"):
        read(tmp_path / "routes.json")


def test_before_there_is_a_table_all_are_primaries(tmp_path):
    assert Watcher(tmp_path / "routes.json").current().standings == {}


def test_a_change_is_seen_at_the_next_look(tmp_path):
    path = tmp_path / "routes.json"
    watcher = Watcher(path)
    for version in (1, 2, 3):
        write(path, table(standing(), version=version))
        assert watcher.current().version == version


@pytest.mark.parametrize(
    "fault", [lambda path: path.unlink(), lambda path: path.write_text("{")]
)
def test_the_last_good_table_stays_in_force_while_the_file_is_bad(tmp_path, fault):
    path = tmp_path / "routes.json"
    watcher = Watcher(path)
    write(path, table(standing(stage="live"), version=7))
    assert watcher.current().version == 7
    fault(path)
    assert watcher.current().version == 7
    assert "routes.json" in watcher.fault
    write(path, table(standing(stage="rolled_back"), version=8))
    assert watcher.current().version == 8
    assert watcher.fault == ""


def test_a_file_that_comes_back_unchanged_is_no_fault_any_more(tmp_path):
    path = tmp_path / "routes.json"
    watcher = Watcher(path)
    write(path, table(standing()))
    watcher.current()
    path.rename(tmp_path / "away")
    watcher.current()
    assert watcher.fault
    (tmp_path / "away").rename(path)
    watcher.current()
    assert watcher.fault == ""


def test_an_older_table_is_not_obeyed_and_the_next_newer_one_is(tmp_path):
    path = tmp_path / "routes.json"
    watcher = Watcher(path)
    write(path, table(standing(stage="rolled_back"), version=8))
    assert watcher.current().version == 8
    path.unlink()
    write(path, table(standing(stage="live"), version=7))  # by a controller that was replaced
    assert watcher.current().standing("clinic", "chat").stage == "rolled_back"
    assert "version 7 is older than 8" in watcher.fault
    assert Watcher(path).current().version == 7  # nothing is known to a fresh process
    write(path, table(standing(stage="mirror"), version=9))
    assert (watcher.current().version, watcher.fault) == (9, "")


def test_a_table_without_fingerprints_is_read_as_knowing_none(tmp_path):
    path = tmp_path / "routes.json"
    path.write_bytes(broken())
    assert read(path).standing("clinic", "chat").candidate == ""
    write(path, table(standing(candidate="c" * 64)))
    assert read(path).standing("clinic", "chat").candidate == "c" * 64


@pytest.mark.parametrize("factor", [0, -0.5, 1.5])
def test_a_share_of_a_capacity_that_is_none_is_not_believed(tmp_path, factor):
    path = tmp_path / "routes.json"
    write(path, table(standing(), factors={"gpu": factor}))
    with pytest.raises(RouteTableBroken, match="factors"):
        read(path)


def test_a_table_of_an_older_controller_halves_nothing(tmp_path):
    path = tmp_path / "routes.json"
    write(path, table(standing()))
    older = json.loads(path.read_text())
    del older["factors"]
    path.write_text(json.dumps(older))
    assert read(path).factors == {}
