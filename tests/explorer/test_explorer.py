"""The explorer operated in a browser: its answers are Python's, and nothing leaves the page."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import numpy as np
import pytest

import polyseme as ps
from polyseme.explorer.page import exported_page
from support.browser import Watched, browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::polyseme.PolysemeWarning"),
]
EVIL = "<img src=x onerror=alert(1)>"


def one_layer() -> ps.Network:
    return ps.compile(ps.read("and2:features=200,gates=200"), neurons=120, active=3, epsilon=None)


def facts() -> ps.Network:
    table = {f"s{i}": {"a": f"o{i % 7}", "b": f"p{i % 11}"} for i in range(150)}
    return ps.compile(ps.problems.facts(table), construction="three-channel", active=3)


def deep() -> ps.Network:
    circuit = ps.read("layered:width=48,depth=4")
    return ps.compile(circuit, neurons=600, active=3, construction="deep")


@pytest.fixture(scope="module")
def opened():
    with browser() as started:
        yield started


def shown(opened, tmp_path, network, width=1000, **state):
    """Return a watched page of an exported network in a state."""
    page = tmp_path / "net.html"
    page.write_text(exported_page(network), encoding="utf-8")
    context = opened.new_context(viewport={"width": width, "height": 900})
    watched = Watched(context.new_page())
    address = "#" + urlencode(state, doseq=True) if state else ""
    watched.page.goto(f"{page.as_uri()}{address}")
    watched.page.wait_for_selector("body[data-ready]")
    return watched


def outputs(watched) -> list[str]:
    return json.loads(watched.page.get_attribute("[data-outputs]", "data-outputs"))


@pytest.mark.parametrize("compiled", [one_layer, facts, deep])
def test_outputs_are_those_of_python(opened, tmp_path, compiled):
    network = compiled()
    generator = np.random.default_rng(1)
    names = list(network.encoder.features)
    for _ in range(3):
        on = [str(name) for name in generator.choice(names, 3, replace=False)]
        watched = shown(opened, tmp_path, network, on=on, page="outputs")
        assert sorted(outputs(watched)) == sorted(network.run(on))
        for page in ("layers", "unit"):
            watched = shown(opened, tmp_path, network, on=on, page=page, unit=3)
            assert watched.page.locator("main h2").count() == 1
            watched.check()


def test_units_and_readings_of_a_page_are_those_of_python(opened, tmp_path):
    network = one_layer()
    on = ["x3", "x17", "x40"]
    values = network.activations(on)
    watched = shown(opened, tmp_path, network, on=on, page="unit", unit=5)
    cells = watched.page.locator("main table td").all_inner_texts()
    layer = network.layers[0]
    assert float(cells[-1]) == max(float(cells[2]), 0.0)
    assert float(cells[2]) * layer.scale == pytest.approx(values["layers.0.hook_pre"].ravel()[5])
    served = watched.page.locator("main ul.list button").all_inner_texts()
    expected = [term.replace("->", "→") for term in network.key.terms_of(5)]
    assert sorted(served) == sorted(expected)
    name = network.readout.outputs[7]
    watched = shown(opened, tmp_path, network, on=on, page="output", name=name)
    margin = float(watched.page.locator("main table td").nth(2).inner_text())
    assert margin == pytest.approx(values["hook_readout"].ravel()[7])
    # What features and biases add is the whole reading.
    added = watched.page.locator("main figure").nth(1).locator("text.strong").all_text_contents()
    reading = float(watched.page.locator("main table td").nth(0).inner_text())
    assert sum(map(float, added)) == pytest.approx(reading, abs=1e-2)
    watched.check()


def test_a_feature_is_searched_for_and_switched_on_by_keys_alone(opened, tmp_path):
    network = one_layer()
    watched = shown(opened, tmp_path, network, page="outputs")
    keys = watched.page.keyboard
    term = network.key.terms
    on = [network.encoder.features[int(i)] for i in term.literals[: term.offsets[1]]]
    for name in on:
        watched.page.keyboard.press("Tab")
        watched.page.focus("#search")
        keys.type(name)
        keys.press("Enter")
    assert outputs(watched) == network.run(on)
    assert all(f"on={name}" in watched.page.url for name in on)
    keys.press("Tab")
    keys.press("Enter")
    watched.page.go_back()
    watched.check()


def test_names_that_are_html_are_shown_as_text(opened, tmp_path):
    circuit = ps.build_circuit([EVIL, "b"], [(ps.GateKind.AND, (0, 1))], [2], output_names=[EVIL])
    network = ps.compile(circuit, active=2)
    watched = shown(opened, tmp_path, network, on=[EVIL, "b"], page="outputs")
    assert outputs(watched) == [EVIL]
    assert watched.page.locator("img").count() == 0
    for page, name in (("feature", EVIL), ("output", EVIL), ("unit", "")):
        watched = shown(opened, tmp_path, network, on=[EVIL], page=page, name=name)
        assert watched.page.locator("img").count() == 0
        watched.check()


def test_an_address_that_names_nothing_shows_the_outputs(opened, tmp_path):
    network = one_layer()
    for state in (
        {"page": "output", "name": "nobody"},
        {"page": "constructor"},
        {"on": "x" * 5000},
    ):
        watched = shown(opened, tmp_path, network, **state)
        assert outputs(watched) == network.run([])
        watched.check()
    watched = shown(opened, tmp_path, network, page="unit", layer="-7", unit="1e9")
    assert watched.page.inner_text("main h2") == "unit 119"
    watched.check()


def test_it_fits_a_phone_and_finds_a_failing_input(opened, tmp_path):
    circuit = ps.read("and2:features=200,gates=200")
    network = ps.compile(circuit, neurons=90, active=3, epsilon=None)
    watched = shown(opened, tmp_path, network, 400, page="outputs")
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= 400
    watched.page.get_by_role("button", name="Find a failing input").click()
    watched.page.wait_for_selector("main ul.list button")
    on = watched.page.locator("main ul.list button").first.inner_text().split(" + ")
    assert sorted(outputs(watched)) == sorted(network.run(on))
    assert set(network.run(on)) != set(network.key.labels([on], "hook_readout").nonzero()[1])
    watched.check()


def test_two_networks_are_compared(opened, tmp_path):
    circuit = ps.read("and2:features=200,gates=200")
    first, second = (
        ps.compile(circuit, neurons=size, active=3, epsilon=None, seed=1) for size in (90, 150)
    )
    page = tmp_path / "two.html"
    first.explore(beside=second).save(page)
    watched = Watched(opened.new_page())
    for on in (["x0", "x1", "x2"], ["x5", "x9", "x14"]):
        address = f"{page.as_uri()}#{urlencode({'on': on, 'page': 'compare'}, doseq=True)}"
        watched.page.goto("about:blank")
        watched.page.goto(address)
        watched.page.wait_for_selector("body[data-ready]")
        differ = len(set(first.run(on)) ^ set(second.run(on)))
        said = f"differ on {differ} of" if differ else "agree on all"
        assert said in watched.page.inner_text(".verdict")
    assert watched.page.get_by_role("button", name="Compare").is_visible()
    watched.check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(opened, tmp_path, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    network = one_layer()
    page = tmp_path / "net.html"
    network.explore(beside=network).save(page)
    # Only the checker itself must be let past the page's policy.
    context = opened.new_context(color_scheme=scheme, bypass_csp=True)
    shown_page = context.new_page()
    for state in (
        {"page": "outputs"},
        {"page": "layers"},
        {"page": "compare"},
        {"page": "unit", "unit": 3},
        {"page": "feature", "name": "x3"},
        {"page": "output", "name": network.readout.outputs[3]},
    ):
        shown_page.goto("about:blank")
        shown_page.goto(f"{page.as_uri()}#{urlencode({'on': ['x1', 'x3'], **state}, doseq=True)}")
        shown_page.wait_for_selector("body[data-ready]")
        serious = [
            (state["page"], one["id"], [node["target"] for node in one["nodes"]][:3])
            for one in axe.run(shown_page).response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert not serious
    context.close()


def test_pictures_and_data_are_saved(opened, tmp_path):
    watched = shown(opened, tmp_path, one_layer(), on=["x1", "x2"], page="outputs")
    for kind, begins in (("SVG", "<svg"), ("CSV", "output,reading,threshold,on,true")):
        with watched.page.expect_download() as waiting:
            watched.page.get_by_role("button", name=kind).first.click()
        assert waiting.value.path().read_text("utf-8").startswith(begins)
    watched.check()
