"""The exported page: one file, no address in it, a policy that names its script by hash."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

import polyseme as ps
from polyseme.errors import OptionError
from polyseme.explorer.page import SCRIPTS, STYLES, exported_page, served_page, static_text
from polyseme.explorer.view import network_data, view_data


@pytest.fixture(scope="module")
def network() -> ps.Network:
    return ps.compile(ps.build_circuit(["<b>a", "b"], [(ps.GateKind.AND, (0, 1))], [2]), active=2)


def parts(page: str, tag: str) -> str:
    [found] = re.findall(rf"<{tag}(?: type=\"module\")?>(.*?)</{tag}>", page, re.DOTALL)
    return found


def test_the_policy_allows_the_script_and_the_style_of_the_page_and_nothing_else(network):
    page = exported_page(network)
    [rule] = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    for tag in ("script", "style"):
        digest = hashlib.sha256(parts(page, tag).encode()).digest()
        assert f"'sha256-{base64.b64encode(digest).decode()}'" in rule
    assert "unsafe" not in rule
    assert "connect-src 'none'" in rule
    assert "default-src 'none'" in rule


def test_the_page_names_no_address_but_that_of_svg(network):
    found = set(
        re.findall(
            r"(?:https?:)?//[\w.]+\.[a-z]{2,}[\w./]*", parts(exported_page(network), "script")
        )
    )
    assert found == {"http://www.w3.org/2000/svg"}


def test_the_network_and_its_view_are_in_the_page(network):
    page = exported_page(network)
    for name, data in (("network", network_data(network)), ("view", view_data(network))):
        [text] = re.findall(rf'id="{name}-data">([^<]*)</script>', page)
        assert base64.b64decode(text) == data


def test_a_network_without_a_key_is_exported_without_a_view(network, tmp_path):
    network.save(tmp_path / "net.safetensors")
    bare = ps.load(tmp_path / "net.safetensors", key=False)
    assert 'id="view-data"></script>' in exported_page(bare)
    with pytest.raises(OptionError, match="no answer key"):
        view_data(bare)


def test_a_network_beside_must_be_of_the_same_circuit(network):
    assert 'id="beside-data">' in exported_page(network, network)
    assert "data-beside=yes" in exported_page(network, network)
    assert "data-beside=yes" not in exported_page(network)
    other = ps.compile(ps.build_circuit("ab", [(ps.GateKind.AND, (0, 1))], [2]), active=2)
    with pytest.raises(OptionError, match="other features"):
        exported_page(network, other)
    gates = [(ps.GateKind.OR, (0, 1))]
    renamed = ps.build_circuit(["<b>a", "b"], gates, [2], output_names=["z"])
    with pytest.raises(OptionError, match="none of the outputs"):
        network.explore(beside=ps.compile(renamed, active=2))
    with pytest.raises(OptionError, match="beside"):
        network.explore(beside="net")


def test_the_served_page_has_no_network_and_may_fetch_from_where_it_came():
    page, rule = served_page()
    assert "network-data" not in page.replace("-data`", "")
    assert "connect-src 'self'" in rule


def test_scripts_in_one_scope_give_no_name_twice():
    names = []
    for script in SCRIPTS:
        text = static_text(script)
        names += re.findall(
            r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", text, re.MULTILINE
        )
        for listed in re.findall(r"^(?:export )?const \[([^\]]+)\]", text, re.MULTILINE):
            names += [name.strip() for name in listed.split(",")]
    assert sorted(names) == sorted(set(names))


def test_scripts_and_styles_end_no_element_that_they_stand_in():
    for name in (*SCRIPTS, *STYLES):
        assert "</" not in static_text(name)
