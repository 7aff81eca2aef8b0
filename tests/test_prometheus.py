"""The alarms of deploy/prometheus and the dashboard of deploy/grafana: only of metrics that the processes export."""

import json
import re
import shutil
import subprocess

import promql_parser
import pytest
import yaml
from alarms import CASES, promtool_tests
from exported import exported
from promql_parser import AggregateExpr, BinaryExpr, VectorSelector
from rollouts import World
from test_deploy import DEPLOY

from cutover.actors import CONTROLLER
from cutover.pulse import Pulse
from cutover.review import record
from cutover.review.outcome import Outcome, Review
from mirror.journal.home import Home
from mirror.journal.store import Store

RULES = DEPLOY / "prometheus" / "crossfade.rules.yml"
CONFIG = DEPLOY / "prometheus" / "prometheus.yml"
BOARD = DEPLOY / "grafana" / "crossfade.json"
OPERATIONS = DEPLOY.parent / "docs" / "operations.md"
ALARMS = [
    one for group in yaml.safe_load(RULES.read_text())["groups"] for one in group["rules"]
]
PANELS = json.loads(BOARD.read_text())["panels"]


def queries():
    """Every expression of the dashboard by where it stands, with Grafana's variables filled in."""
    board = json.loads(BOARD.read_text())
    for panel in PANELS:
        for target in panel.get("targets", ()):
            yield f"{panel['title']} {target['refId']}", target["expr"]
    for one in board["annotations"]["list"]:
        yield one["name"], one["expr"]


EXPRESSIONS = [
    *((one["alert"], one["expr"]) for one in ALARMS),
    *((place, expr.replace("$__rate_interval", "5m")) for place, expr in queries()),
]


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """What is exported by name, with labels."""
    home = Home.open(tmp_path_factory.mktemp("home"))
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.until_proposed()
    with store.write() as conn:
        record.append(conn, Review(Outcome.WHOLE), CONTROLLER, world.clock())
    world.pulse = Pulse()
    world.pulse.beat(1, 1)
    yield exported(world)
    store.close()


def parts(expr):
    """Every node of an expression."""
    found = []
    promql_parser.walk(promql_parser.parse(expr), found.append)
    return found


@pytest.mark.parametrize(("place", "expr"), EXPRESSIONS, ids=lambda one: one[:60])
def test_an_expression_asks_for_metrics_and_labels_that_are_exported(place, expr, known):
    nodes = parts(expr)
    selected = [one for one in nodes if isinstance(one, VectorSelector)]
    assert selected, "it asks for nothing"
    labels = set()
    for one in selected:
        assert one.name in known, f"nothing exports {one.name}"
        wanted = {matcher.name for matcher in one.matchers.matchers}
        assert wanted <= known[one.name], f"{one.name} has no such label"
        labels |= known[one.name]
    for one in nodes:
        if isinstance(one, AggregateExpr) and one.modifier:
            assert set(one.modifier.labels) <= labels
        if isinstance(one, BinaryExpr) and one.modifier and one.modifier.matching:
            assert set(one.modifier.matching.labels) <= labels


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda one: one["alert"])
def test_an_alarm_says_how_bad_it_is_what_is_the_case_and_what_to_do(alarm, known):
    assert alarm["alert"].startswith("Crossfade")
    assert alarm["labels"]["severity"] in ("critical", "warning", "info")
    told = alarm["annotations"]
    assert told["summary"].endswith((".", "{{ end }}.")) and told["description"].endswith(".")
    file, _, anchor = told["runbook"].partition("#")
    assert (DEPLOY.parent / file) == OPERATIONS
    assert anchor in anchors(OPERATIONS.read_text())


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda one: one["alert"])
def test_an_alarm_names_only_labels_that_its_result_has(alarm, known):
    """Prometheus writes nothing in place of a label that is not there: a sentence with a hole."""
    text = "".join(alarm["annotations"].values())
    named = set(re.findall(r"\$labels\.(\w+)", text))
    outer = promql_parser.parse(alarm["expr"])
    while isinstance(outer, BinaryExpr):
        outer = outer.lhs
    if isinstance(outer, AggregateExpr) and outer.modifier:
        assert named <= set(outer.modifier.labels)
    elif isinstance(outer, AggregateExpr) or str(outer.prettify()).startswith("absent"):
        assert named == set()
    else:
        selected = [one for one in parts(alarm["expr"]) if isinstance(one, VectorSelector)]
        assert named <= known[selected[0].name]


def anchors(markdown):
    """The anchors of headings, as the places that show Markdown make them."""
    titles = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in titles}


def test_alarms_have_names_of_their_own_and_a_case_each():
    names = [one["alert"] for one in ALARMS]
    assert len(names) == len(set(names))
    assert {f"Crossfade{case.name}" for case in CASES} == set(names)


def test_every_alarm_is_told_in_the_docs():
    text = OPERATIONS.read_text()
    missing = [one["alert"] for one in ALARMS if f"`{one['alert']}`" not in text]
    assert missing == []


def test_panels_have_places_titles_and_ids_of_their_own():
    assert len({one["id"] for one in PANELS}) == len(PANELS)
    places = [tuple(one["gridPos"][side] for side in "xywh") for one in PANELS]
    cells = [(x + dx, y + dy) for x, y, w, h in places for dx in range(w) for dy in range(h)]
    assert len(cells) == len(set(cells)), "two panels lie on each other"
    assert max(x for x, _ in cells) < 24
    assert all(one["title"] for one in PANELS)


def test_panels_ask_the_datasource_that_the_reader_chooses():
    for one in PANELS:
        for target in one.get("targets", ()):
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_what_is_scraped_has_the_names_that_the_alarms_know():
    config = yaml.safe_load(CONFIG.read_text())
    jobs = {one["job_name"] for one in config["scrape_configs"]}
    asked = set(
        re.findall(r'job="([^"]+)"', RULES.read_text() + BOARD.read_text().replace("\\", ""))
    )
    assert asked <= jobs
    assert config["rule_files"] == [RULES.name]
    assert all(
        "password" not in one and "credentials" not in one.get("authorization", {})
        for one in config["scrape_configs"]
    )


@pytest.mark.deep
@pytest.mark.needs("promtool")
def test_promtool_takes_rules_and_configuration():
    promtool = shutil.which("promtool")
    for words in (["rules", RULES], ["config", "--syntax-only", CONFIG]):
        done = subprocess.run(
            [promtool, "check", *words], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.deep
@pytest.mark.needs("promtool")
def test_every_alarm_fires_on_what_it_is_for_and_on_nothing_else(tmp_path):
    file = tmp_path / "alarms.yml"
    file.write_text(yaml.safe_dump(promtool_tests(RULES, ALARMS)))
    command = [shutil.which("promtool"), "test", "rules", file]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
