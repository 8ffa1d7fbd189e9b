"""Every machine of the introduction operated in a browser; its numbers are those of Python."""

from __future__ import annotations

import math
import re
from itertools import combinations

import pytest

import polyseme as ps
from build import build_introduction, measured
from measure.airports import compiled_for_one, compiled_for_two, read_airports
from polyseme.limits.combinatorics import log2_factorial, log2_gate_sets
from support.browser import Watched, browser, serving

pytestmark = pytest.mark.slow
PARTS = (
    *("dream", "polysemantic", "room", "toy", "holding", "telegram"),
    *("construction", "tight", "breaking", "apart", "model", "unknown"),
)
DATA = measured()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "introduction"
    build_introduction(folder)
    with serving(folder) as served:
        yield served


@pytest.fixture(scope="module")
def opened():
    with browser() as started:
        yield started


@pytest.fixture
def page(opened, address):
    context = opened.new_context(viewport={"width": 1100, "height": 900})
    watched = Watched(context.new_page())
    watched.page.goto(address)
    yield watched.page
    watched.check()
    context.close()


def part(page, name):
    """Return the machine of a part, once it has its picture."""
    page.locator(f"#{name}").scroll_into_view_if_needed()
    page.wait_for_selector(f"#{name} figure[data-ready]")
    return page.locator(f"#{name} figure")


def slide(machine, label, value):
    """Move a slider of a machine."""
    knob = machine.get_by_label(label)
    knob.evaluate(
        "(knob, value) => { knob.value = value; knob.dispatchEvent(new Event('input')); }", value
    )


def verdict(machine) -> str:
    return machine.locator(".verdict").inner_text()


def numbers(text: str) -> list[float]:
    return [float(one.replace(",", "")) for one in re.findall(r"\d[\d,]*\.?\d*", text)]


def test_dream(page):
    machine = part(page, "dream")
    assert "The network says: cat." in machine.inner_text()
    machine.get_by_role("button", name="piano").click()
    assert "The network says: cat, piano." in machine.inner_text()


def test_polysemantic(page):
    network = compiled_for_one()
    machine = part(page, "polysemantic")
    machine.get_by_role("button", name="Cold countries").click()
    for neuron in (1200, 0, 77):
        slide(machine, "Neuron (of", neuron)
        served = ps.served_by(network, neuron)
        assert f"It serves {len(served)} facts" in verdict(machine)
        codes = {line.split(" & ")[0] for line in served}
        assert {one.split()[0] for one in machine.locator("li").all_inner_texts()} <= codes
    assert machine.locator("canvas").count() == 1


def test_room(page):
    part(page, "room")
    for dimension, tolerance in ((10, 0.1), (128, 0.45), (256, 0.05), (3, 0.6)):
        found = page.evaluate(
            "async ([n, e]) => (await import('./parts/room.js')).counts(n, e)",
            [dimension, tolerance],
        )
        assert found["drawn"] == pytest.approx(
            max(dimension, math.exp(dimension * tolerance**2 / 4))
        )
        squared = tolerance**2
        if dimension * squared < 1:
            limit = dimension * (1 - squared) / (1 - dimension * squared)
            assert found["welch"] == pytest.approx(limit)
    machine = part(page, "room")
    machine.get_by_role("button", name="tight frames").click()
    slide(machine, "Dimensions", 16)


def test_toy(page):
    trained = page.evaluate(
        """async () => {
          const { Toy } = await import('./parts/toy.js');
          return [1, 0.2, 0.05].map((chance) => {
            const toy = new Toy(chance, 1);
            for (let i = 0; i < 1500; i += 1) toy.step();
            return toy.shares();
          });
        }"""
    )
    expected = ([1, 1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5, 0], [0.4] * 5)
    for shares, known in zip(trained, expected, strict=True):
        assert sorted(shares, reverse=True) == pytest.approx(known, abs=0.06)
    machine = part(page, "toy")
    machine.get_by_role("button", name="one time in five").click()
    machine.get_by_text("4 of 5 features").wait_for()


def test_holding(page):
    machine = part(page, "holding")
    found = []
    for power in (6.5, 8, 10):
        slide(machine, "Dimensions", power)
        found.append(verdict(machine))
    assert "a held concept never" in found[1]
    assert "an AND never" in found[2]
    assert numbers(found[0])[-1] > 10


def test_telegram(page):
    machine = part(page, "telegram")
    for power, form, bits in ((4, "8 bits", 8), (3, "1 bit per weight", 1), (5, "(log", None)):
        slide(machine, "Concepts, m", power)
        machine.get_by_role("button", name=form).click()
        m = 10**power
        held = math.log2(m) ** 2 if bits is None else bits
        least = math.ceil(math.sqrt(log2_factorial(m) / held))
        assert f"at least {least:,} neurons" in verdict(machine)
    assert f"{DATA['telegram']['bytes_message']:,} bytes" in machine.inner_text()
    machine.get_by_role("button", name="Shuffle").click()


def test_construction(page):
    machine = part(page, "construction")
    told = DATA["miniature"]
    for toggle in (0, 6):
        machine.get_by_role("button", name=told["concepts"][toggle], exact=True).click()
    assert "The network says nothing. That is right" in verdict(machine)
    for first, second in list(combinations(range(12), 2))[::5]:
        names = [told["concepts"][first], told["concepts"][second]]
        for name in names:
            machine.get_by_role("button", name=name, exact=True).click()
        assert "That is right" in verdict(machine)
        for name in names:
            machine.get_by_role("button", name=name, exact=True).click()
    for number in range(1, 6):
        machine.get_by_role("button", name=re.compile(f"^{number} ")).click()
    slide(machine, "Threshold moved by", -1)
    assert "it errs" in verdict(machine)


def test_tight(page):
    machine = part(page, "tight")
    for power in (2, 3, 4):
        slide(machine, "ANDs, m", power)
        size = 10**power
        bound = math.ceil(math.sqrt(log2_gate_sets(size, 2, 0, size)))
        assert f"no network below {bound:,} neurons" in verdict(machine)


def test_breaking(page):
    network, circuit = compiled_for_two(), read_airports()
    machine = part(page, "breaking")
    assert "all of 8,956 outputs are right" in verdict(machine)
    names = machine.locator("svg text").all_text_contents()
    for output in network.run(["CDG", "GIG", "country"]):
        assert any(output in name for name in names)
    machine.get_by_role("button", name="A pair known to fail").click()
    first, second, relation = DATA["airports"]["wrong_pairs"][0]
    truth = {
        name
        for code in (first, second)
        for name in ps.compile(circuit, active=2, construction="monosemantic").run([code, relation])
    }
    said = set(network.run([first, second, relation]))
    missed, mistaken = len(truth - said), len(said - truth)
    assert f"{missed} missed, {mistaken} mistaken" in verdict(machine)
    machine.get_by_role("button", name="Start again").click()
    machine.get_by_role("button", name="Add until it fails").click()
    assert "missed" in verdict(machine)
    assert float(machine.locator("[data-milliseconds]").get_attribute("data-milliseconds")) < 1000


def test_apart(page):
    machine = part(page, "apart")
    for limit in (0.5, 0.8, 0.95):
        slide(machine, "A direction counts", limit)
        count = sum(cosine >= limit for cosine in DATA["dictionary"]["cosines"])
        assert f"has found {count:,} of" in verdict(machine)


def test_model(page):
    part(page, "model")
    for known in DATA["model"]["checked"]:
        found = page.evaluate(
            "async (given) => (await import('./parts/model.js')).most(given)",
            {
                "width": known["width"],
                "layers": known["layers"],
                "bits": known["bits_per_weight"],
            },
        )
        rows = {row["name"]: row["features"] for row in known["rows"]}
        assert found["permutation"] == rows["permutation"]
        ignored = next(rows[name] for name in rows if "order of outputs ignored" in name)
        assert found["pairs"] == pytest.approx(ignored, rel=1e-9, abs=1)
    machine = part(page, "model")
    machine.get_by_role("button", name="GPT-3").click()
    assert "96 layers of 49,152 neurons" in verdict(machine)
    slide(machine, "Neurons per layer", DATA["model"]["widths"].index(3000))
    for active in ("3", "10", "20"):
        machine.get_by_role("button", name=active, exact=True).click()
        rows = ps.bounds_of_width(3000, active=int(active)).rows
        declared = [row.features for row in rows if row.kind == "declared"]
        words = machine.locator("svg text.strong").all_text_contents()[:3]
        assert [word for word in words if word[0].isdigit()] == [f"{one:,}" for one in declared]


def test_unknown(page):
    machine = part(page, "unknown")
    slide(machine, "Your guess", 1)
    assert "10,000 ANDs live in 10,000 neurons: 1.0 per neuron" in verdict(machine)


STATES = {
    "dream": {"on": "1,3"},
    "polysemantic": {"neuron": "77", "told": "yes"},
    "room": {"dimensions": "64", "overlap": "0.3", "codes": "tight"},
    "toy": {"power": "-1"},
    "holding": {"power": "8"},
    "telegram": {"m": "5", "bits": "byte", "order": "7,6,5,4,3,2,1,0"},
    "construction": {"on": "2,5", "step": "2", "noise": "0.3", "row": "5"},
    "tight": {"m": "6"},
    "breaking": {"airports": "KTM,LHR,JFK", "asked": "city"},
    "apart": {"cosine": "0.7"},
    "model": {"width": "6400", "layers": "48"},
    "unknown": {"guess": "1"},
}


@pytest.mark.parametrize("name", PARTS)
def test_the_state_of_a_machine_is_kept_in_its_link(opened, address, name):
    context = opened.new_context(
        viewport={"width": 1100, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    watched = Watched(context.new_page())
    query = "&".join(f"{name}.{key}={value}" for key, value in STATES[name].items())
    watched.page.goto(f"{address}#{name}?{query}")
    machine = part(watched.page, name)
    box = watched.page.locator(f"#{name} h2").bounding_box()
    assert -50 < box["y"] < 900
    machine.get_by_role("button", name="Copy a link").click()
    machine.get_by_text("Copied").wait_for()
    copied = watched.page.evaluate("navigator.clipboard.readText()")
    assert set(copied.partition("?")[2].split("&")) == set(query.split("&"))
    assert copied == watched.page.url
    watched.check()
    context.close()


def test_a_changed_machine_changes_the_address_and_a_reader_begins_there(page):
    machine = part(page, "tight")
    slide(machine, "ANDs, m", 6)
    page.wait_for_url(re.compile(r"#tight\?tight\.m=6$"))
    said = verdict(machine)
    page.reload()
    assert verdict(part(page, "tight")) == said
    slide(part(page, "tight"), "ANDs, m", 4)
    page.wait_for_url(re.compile("#tight$"))


def test_an_address_that_makes_no_sense_changes_nothing(page, address):
    begins = verdict(part(page, "tight"))
    wrong = "tight.m=<b>x&breaking.airports=NOT,&breaking.asked=no&unknown.size=1e99&nothing=1"
    page.goto("about:blank")
    page.goto(f"{address}#tight?{wrong}")
    assert verdict(part(page, "tight")) == begins
    assert "all of 8,956 outputs are right" in verdict(part(page, "breaking"))
    assert "ANDs live in" in verdict(part(page, "unknown"))
    assert page.locator("b", has_text="x").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1100])
def test_all_parts_fit_any_window_without_errors(opened, address, scheme, width, tmp_path):
    context = opened.new_context(viewport={"width": width, "height": 850}, color_scheme=scheme)
    watched = Watched(context.new_page())
    watched.page.goto(address)
    for name in PARTS:
        part(watched.page, name).screenshot(path=tmp_path / f"{name}.png")
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= width
    watched.check()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(opened, address, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # Only the checker itself must be let past the page's policy.
    context = opened.new_context(
        viewport={"width": 1100, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.goto(address)
    for name in PARTS:
        part(page, name)
    found = axe.run(page).response["violations"]
    serious = [
        (one["id"], [node["target"] for node in one["nodes"]][:4])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert not serious
    context.close()


def test_parts_2_7_and_9_are_operated_by_keys_alone(page):
    keys = page.keyboard

    def press_until(wanted: str, times: int = 60) -> None:
        """Press Tab until an element whose name begins so has the focus."""
        for _ in range(times):
            keys.press("Tab")
            name = page.evaluate(
                "document.activeElement.getAttribute('aria-label')"
                " || document.activeElement.labels?.[0]?.textContent"
                " || document.activeElement.textContent || ''"
            )
            if name.startswith(wanted):
                return
        raise AssertionError(f"no way by Tab to {wanted}")

    for name, begin in (("polysemantic", "Places"), ("construction", "1 Encode")):
        machine = part(page, name)
        machine.locator("button").first.focus()
        keys.press("Shift+Tab")
        press_until(begin)
        keys.press("Enter")
    press_until("rain")
    keys.press("Space")
    press_until("Matrix W")
    before = page.locator("#construction figure").inner_text()
    keys.press("ArrowRight")
    assert page.locator("#construction figure").inner_text() != before
    machine = part(page, "polysemantic")
    machine.get_by_label("Neuron (of").focus()
    keys.press("ArrowRight")
    assert "It serves" in verdict(machine)
    machine = part(page, "breaking")
    machine.locator("button").first.focus()
    press_until("Airport to add")
    keys.type("KTM")
    press_until("Add")
    keys.press("Enter")
    assert "KTM" in machine.inner_text()


def test_a_page_that_is_not_served_says_how_to_serve_it(opened, tmp_path):
    build_introduction(tmp_path / "introduction")
    page = opened.new_page()
    page.goto((tmp_path / "introduction" / "index.html").as_uri())
    page.wait_for_selector(".idle", state="visible")
    assert "make site-serve" in page.inner_text(".idle")
    page.close()


def test_a_page_that_is_served_does_not(page):
    part(page, "dream")
    assert not page.locator(".idle").count()
