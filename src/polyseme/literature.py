"""What has been published, by key: a short name for tables and an entry for BibTeX."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Publication:
    """A source: `short` as tables name it, and its BibTeX entry."""

    short: str
    kind: str
    title: str
    author: str
    year: int
    where: str

    def bibtex(self, key: str) -> str:
        """The entry under a key."""
        fields = {
            "title": f"{{{self.title}}}",
            "author": self.author,
            "year": str(self.year),
            "howpublished" if self.kind == "misc" else "journal": self.where,
        }
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        return f"@{self.kind}{{{key},\n{lines}\n}}"


PUBLICATIONS = {
    "elhage2022toy": Publication(
        "Elhage et al. 2022",
        "misc",
        "Toy Models of Superposition",
        "Elhage, Nelson and Hume, Tristan and Olsson, Catherine and Schiefer, Nicholas and others",
        2022,
        "Transformer Circuits Thread",
    ),
    "vaintrob2024mathematical": Publication(
        "Hänni, Mendel, Vaintrob, Chan 2024",
        "misc",
        "Mathematical Models of Computation in Superposition",
        "Hänni, Kaarel and Mendel, Jake and Vaintrob, Dmitry and Chan, Lawrence",
        2024,
        "arXiv:2408.05451",
    ),
    "adler2024complexity": Publication(
        "Adler, Shavit 2024",
        "misc",
        "On the Complexity of Neural Computation in Superposition",
        "Adler, Micah and Shavit, Nir",
        2024,
        "arXiv:2409.15318",
    ),
    "polyseme": Publication(
        "polyseme",
        "misc",
        "polyseme: a compiler and laboratory for computing in superposition",
        "{The polyseme authors}",
        2026,
        "Software",
    ),
}
