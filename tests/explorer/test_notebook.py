"""A network in a notebook: a frame that holds the whole page."""

from __future__ import annotations

import html
import re

import pytest

import polyseme as ps
from polyseme.explorer.page import exported_page
from support.browser import Watched, browser


@pytest.fixture(scope="module")
def network() -> ps.Network:
    circuit = ps.build_circuit(["a&b", "b"], [(ps.GateKind.AND, (0, 1))], [2])
    return ps.compile(circuit, active=2)


def test_the_frame_holds_the_exported_page(network):
    shown = network.explore()._repr_html_()
    [page] = re.findall(r'srcdoc="([^"]*)"', shown)
    assert html.unescape(page) == exported_page(network)
    assert "allow-same-origin" not in shown


def test_it_says_what_it_is_and_saves_itself(network, tmp_path):
    explorer = network.explore()
    assert len(repr(explorer)) < 100
    explorer.save(tmp_path / "net.html")
    assert (tmp_path / "net.html").read_text("utf-8") == exported_page(network)
    with pytest.raises(ps.OptionError):
        explorer.save(3)


@pytest.mark.slow
def test_it_works_in_the_frame(network, tmp_path):
    (tmp_path / "book.html").write_text(network.explore()._repr_html_(), "utf-8")
    with browser() as opened:
        watched = Watched(opened.new_page())
        watched.page.goto((tmp_path / "book.html").as_uri())
        frame = watched.page.frame_locator("iframe")
        frame.locator("body[data-ready]").wait_for()
        frame.get_by_role("button", name="All off").click()
        frame.get_by_role("button", name="Layers").click()
        assert "layer 0" in frame.locator("main").inner_text()
        assert not watched.errors, watched.errors
