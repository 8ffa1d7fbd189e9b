"""A folder of networks, read by the checkers of Croissant and of Hugging Face's cards."""

from __future__ import annotations

import pytest

import polyseme as ps
from support.small_networks import network_of

REASON = "is not installed; make test-tools installs it"
# Tools of others warn of what is old in what they use.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    networks = {"pairs": network_of("pairwise"), "again": network_of("pairwise")}
    return ps.export_suite(networks, tmp_path_factory.mktemp("sets") / "set", licence="mit")


def test_mlcroissant_finds_no_fault_and_reads_the_rows(folder):
    mlcroissant = pytest.importorskip("mlcroissant", reason=f"mlcroissant {REASON}")
    found = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    issues = found.metadata.ctx.issues
    assert not issues.errors
    # A date would differ from day to day for the same networks.
    assert all("datePublished" in warning for warning in issues.warnings)
    rows = list(found.records("networks"))
    assert [row["networks/name"] for row in rows] == [b"again", b"pairs"]
    assert rows[0]["networks/features"] == 400


def test_hugging_face_reads_the_header_of_the_page(folder):
    hub = pytest.importorskip("huggingface_hub", reason=f"huggingface-hub {REASON}")
    data = hub.DatasetCard.load(folder / "README.md").data
    assert (data.license, data.size_categories) == ("mit", ["n<1K"])
    assert data.configs[0]["data_files"] == "networks.csv"
