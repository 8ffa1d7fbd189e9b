"""Publications by key, each with a short name for tables and a BibTeX entry."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Publication:
    """A publication: `short` is its name in tables, and the others are its BibTeX fields."""

    short: str
    kind: str
    title: str
    author: str
    year: int
    where: str

    def bibtex(self, key: str) -> str:
        """Return the BibTeX entry under a key."""
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
    "vaintrob2024framework": Publication(
        "Vaintrob, Mendel, Hänni 2024",
        "misc",
        "Toward A Mathematical Framework for Computation in Superposition",
        "Vaintrob, Dmitry and Mendel, Jake and Hänni, Kaarel",
        2024,
        "LessWrong",
    ),
    "adler2024complexity": Publication(
        "Adler, Shavit 2024",
        "misc",
        "On the Complexity of Neural Computation in Superposition",
        "Adler, Micah and Shavit, Nir",
        2024,
        "arXiv:2409.15318",
    ),
    "johnson1984extensions": Publication(
        "Johnson, Lindenstrauss 1984",
        "article",
        "Extensions of Lipschitz Mappings into a Hilbert Space",
        "Johnson, William B. and Lindenstrauss, Joram",
        1984,
        "Contemporary Mathematics 26",
    ),
    "welch1974lower": Publication(
        "Welch 1974",
        "article",
        "Lower Bounds on the Maximum Cross Correlation of Signals",
        "Welch, Lloyd R.",
        1974,
        "IEEE Transactions on Information Theory 20",
    ),
    "alon2003problems": Publication(
        "Alon 2003",
        "article",
        "Problems and Results in Extremal Combinatorics I",
        "Alon, Noga",
        2003,
        "Discrete Mathematics 273",
    ),
    "garg2026features": Publication(
        "Garg, Kleinberg, Peng 2026",
        "misc",
        "How Many Features Can a Language Model Store Under the Linear Representation Hypothesis?",
        "Garg, Nikhil and Kleinberg, Jon and Peng, Kenny",
        2026,
        "arXiv:2602.11246",
    ),
    "li2026ball": Publication(
        "Li et al. 2026",
        "misc",
        "The Ball and the Box: Two Geometries of Computation in Superposition",
        "Li, Xiaoyu and Lin, Lequan and Shi, Dai and Jiang, Jiaojiao and Gao, Junbin and Han, Andi",
        2026,
        "Preprint, October 2026",
    ),
    "willshaw1969holographic": Publication(
        "Willshaw et al. 1969",
        "article",
        "Non-Holographic Associative Memory",
        "Willshaw, David J. and Buneman, O. Peter and Longuet-Higgins, H. Christopher",
        1969,
        "Nature 222",
    ),
    "gardner1988space": Publication(
        "Gardner 1988",
        "article",
        "The Space of Interactions in Neural Network Models",
        "Gardner, Elizabeth",
        1988,
        "Journal of Physics A 21",
    ),
    "tsodyks1988enhanced": Publication(
        "Tsodyks, Feigelman 1988",
        "article",
        "The Enhanced Storage Capacity in Neural Networks with Low Activity Level",
        "Tsodyks, Mikhail V. and Feigel'man, Mikhail V.",
        1988,
        "Europhysics Letters 6",
    ),
    "borobia2026linear": Publication(
        "Borobia et al. 2026",
        "misc",
        "Linear-Readout Floors and Threshold Recovery in Computation in Superposition",
        "Borobia, Hector and Seguí-Mas, Elies and Tormo-Carbó, Guillermina",
        2026,
        "arXiv:2605.01192",
    ),
    "newgas2025compressed": Publication(
        "Newgas 2025",
        "misc",
        "Compressed Computation: Dense Circuits in a Toy Model of the Universal-AND Problem",
        "Newgas, Adam",
        2025,
        "arXiv:2507.09816",
    ),
    "bushnaq2024circuits": Publication(
        "Bushnaq, Mendel 2024",
        "misc",
        "Circuits in Superposition: Compressing Many Small Neural Networks into One",
        "Bushnaq, Lucius and Mendel, Jake",
        2024,
        "LessWrong",
    ),
    "linsefors2025circuits": Publication(
        "Linsefors, Bushnaq 2025",
        "misc",
        "Circuits in Superposition 2: Now with Less Wrong Math",
        "Linsefors, Linda and Bushnaq, Lucius",
        2025,
        "LessWrong",
    ),
    "linsefors2025rotations": Publication(
        "Linsefors, Bushnaq 2025, rotations",
        "misc",
        "Rotations in Superposition",
        "Linsefors, Linda and Bushnaq, Lucius",
        2025,
        "LessWrong",
    ),
    "kautz1964nonrandom": Publication(
        "Kautz, Singleton 1964",
        "article",
        "Nonrandom Binary Superimposed Codes",
        "Kautz, William H. and Singleton, Richard C.",
        1964,
        "IEEE Transactions on Information Theory 10",
    ),
    "mckay1985asymptotics": Publication(
        "McKay 1985",
        "article",
        "Asymptotics for Symmetric 0-1 Matrices with Prescribed Row Sums",
        "McKay, Brendan D.",
        1985,
        "Ars Combinatoria 19A",
    ),
    "blinovsky2016asymptotic": Publication(
        "Blinovsky, Greenhill 2016",
        "article",
        "Asymptotic Enumeration of Sparse Uniform Hypergraphs with Given Degrees",
        "Blinovsky, Vladimir and Greenhill, Catherine",
        2016,
        "European Journal of Combinatorics 51",
    ),
    "barvinok2013number": Publication(
        "Barvinok, Hartigan 2013",
        "article",
        "The Number of Graphs and a Random Graph with a Given Degree Sequence",
        "Barvinok, Alexander and Hartigan, John A.",
        2013,
        "Random Structures and Algorithms 42",
    ),
    "amelunxen2014living": Publication(
        "Amelunxen et al. 2014",
        "article",
        "Living on the Edge: Phase Transitions in Convex Programs with Random Data",
        "Amelunxen, Dennis and Lotz, Martin and McCoy, Michael B. and Tropp, Joel A.",
        2014,
        "Information and Inference 3",
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
