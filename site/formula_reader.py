"""A formula as docstrings have it, `n = z sqrt(k m')`, read by recursive descent into LaTeX."""

from __future__ import annotations

import re
from dataclasses import dataclass

GREEK = {
    "epsilon": r"\varepsilon",
    "eps": r"\varepsilon",
    "Omega": r"\Omega",
    "lam": r"\lambda",
} | {name: f"\\{name}" for name in ("alpha", "beta", "gamma", "delta", "kappa", "chi", "pi")}
LOGARITHMS = {"log": r"\log", "ln": r"\ln", "log2": r"\log_2"}
# Functions only where brackets follow; else they are words.
CALLED = {name: f"\\{name}" for name in ("exp", "max", "min")} | {
    name: rf"\operatorname{{{name}}}" for name in ("polylog", "sign", "ReLU", "relu", "KL")
}
AROUND = {
    "sqrt": (r"\sqrt{", "}"),
    "ceil": (r"\lceil ", r"\rceil"),
    "floor": (r"\lfloor ", r"\rfloor"),
}
RELATIONS = {"=": "=", "<": "<", ">": ">", "<=": r"\le", ">=": r"\ge", "≥": r"\ge", "~": r"\sim"}
WORD = r"\text{"
_OPERATORS = ("=", "+", "-", "/", "^", "_", "~", "<=", ">=", "<", ">")
BRACKETS = {"(": ")", "[": "]"}
_TOKEN = re.compile(
    r"(?P<number>(?:\d[\d,]*\d|\d)(?:\.\d+)?(?:e-?\d+)?|\.\d+)"
    r"|(?P<name>O~|log2|[^\W\d_]+\d*(?:'(?!\w))?)"
    r"|(?P<sign>(?<= )\.(?= )|<=|>=|\|\||[-+*/^_=<>≥~()\[\]|,!])"
)


@dataclass(frozen=True)
class Token:
    """A number, name or sign of a formula, and where it stands."""

    kind: str
    text: str
    start: int
    end: int


class NoFormula(Exception):
    """A text is no formula from some place on."""


@dataclass
class Reader:
    """What reads one formula; `words` says whether words are allowed in it, as text."""

    tokens: list[Token]
    at: int = 0
    words: bool = False
    display: bool = False
    inside: int = 0

    def seen(self, *texts: str) -> bool:
        """Return whether the next token is one of these."""
        return self.at < len(self.tokens) and self.tokens[self.at].text in texts

    def take(self) -> Token:
        """Return the next token, and go on."""
        if self.at >= len(self.tokens):
            raise NoFormula
        self.at += 1
        return self.tokens[self.at - 1]

    def attached(self) -> bool:
        """Return whether nothing stands between the last token and the next."""
        return 0 < self.at < len(self.tokens) and (
            self.tokens[self.at - 1].end == self.tokens[self.at].start
        )

    def relation(self) -> str:
        """Read sums, with relations or commas between them."""
        found = self.sum()
        while self.at < len(self.tokens):
            before, token = self.at, self.take()
            try:
                if token.text in RELATIONS:
                    found += f" {RELATIONS[token.text]} {self.sum()}"
                elif token.text in (",", "||") and self.words:
                    between = r"\;\|\;" if token.text == "||" else r",\;"
                    found += f"{between} {self.sum()}"
                else:
                    raise NoFormula
            except NoFormula:
                self.at = before
                break
        return found

    def sum(self) -> str:
        """Read products with + or - between them."""
        found = ""
        if self.seen("-", "+"):
            found = self.take().text
        found += self.product()
        while self.seen("-", "+"):
            before, sign = self.at, self.take().text
            try:
                found += f" {sign} {self.product()}"
            except NoFormula:
                self.at = before
                break
        return found

    def product(self) -> str:
        """Read factors side by side, or with *, / or a spaced x between them."""
        done, found = "", self.power()
        while self.at < len(self.tokens):
            if found.startswith(WORD) and not self.inside and not self.seen("/"):
                # A word is no part of the fraction behind it.
                done, found = f"{done}{found}\\,", ""
            before = self.at
            try:
                if self.seen("/"):
                    found = self.fraction(found)
                elif self.seen("*", "."):
                    self.take()
                    found += rf" \cdot {self.power()}"
                elif self.seen("x") and self.times():
                    self.take()
                    found += rf" \times {self.power()}"
                elif not self.words and self.seen("a") and not self.operated():
                    break
                else:
                    space = r"\," if found and self.tokens[self.at].kind != "sign" else ""
                    found += f"{space}{self.power()}"
            except NoFormula:
                self.at = before
                break
        return (done + found).removesuffix(r"\,")

    def operated(self) -> bool:
        """Return whether an operator stands behind the next token, so that it is no article."""
        return any(one.text in _OPERATORS for one in self.tokens[self.at + 1 : self.at + 2])

    def times(self) -> bool:
        """Return whether the x that comes next stands for a cross: between spaces and factors."""
        x, *after = self.tokens[self.at : self.at + 2]
        spaced = bool(after) and x.end < after[0].start and not self.attached()
        return spaced and (after[0].kind != "sign" or after[0].text in BRACKETS)

    def fraction(self, above: str) -> str:
        """Read what all before a slash is divided by: a fraction in a display, else a slash."""
        self.take()
        tight = self.tokens[self.at - 2].end == self.tokens[self.at - 1].start
        below = f"-{self.product()}" if self.seen("-") and self.take() else self.power()
        if self.display and not tight:
            return rf"\frac{{{bare(above)}}}{{{bare(below)}}}"
        return f"{above} / {below}"

    def power(self) -> str:
        """Read a factor with its exponent."""
        base = self.factor()
        while self.seen("^", "!"):
            if self.take().text == "!":
                base += "!"
                continue
            sign = self.take().text if self.seen("-") else ""
            base = f"{{{base}}}^{{{sign}{bare(self.factor())}}}"
        return base

    def factor(self) -> str:
        """Read a number, a name or something in brackets."""
        token = self.take()
        if token.kind == "number":
            return number(token.text)
        if token.kind == "name":
            return self.name(token)
        if token.text in BRACKETS:
            # Words may stand in brackets of a function, or of a formula by itself.
            self.inside += 1
            inside = self.relation()
            self.inside -= 1
            if self.take().text != BRACKETS[token.text]:
                raise NoFormula
            return rf"\left{token.text} {inside} \right{BRACKETS[token.text]}"
        if token.text == "|":
            inside = self.sum()
            if self.take().text != "|":
                raise NoFormula
            return rf"\left| {inside} \right|"
        raise NoFormula

    def name(self, token: Token) -> str:
        """Read a variable with its index, a function with its argument, or a word."""
        text = token.text
        if text in AROUND and self.seen("("):
            begin, end = AROUND[text]
            return f"{begin}{bare(self.argument())}{end}"
        if text == "sum" and self.seen("_"):
            return rf"\sum{self.index()} "
        if text in ("sum", "max", "min") and self.seen("over"):
            return self.over(text)
        if text in CALLED and self.seen("(") and self.attached():
            return CALLED[text] + self.argument()
        if text in LOGARITHMS or (text in CALLED and self.seen("_")):
            return self.logarithm({**LOGARITHMS, **CALLED}[text])
        if text in ("O", "O~", "Omega") and self.seen("(") and self.attached():
            return (r"\tilde{O}" if text == "O~" else GREEK.get(text, text)) + self.argument()
        variable = re.fullmatch(r"(\w)(\d*)('?)", text)
        if text not in GREEK and not (variable and (variable[1].isalpha())):
            if not self.words:
                raise NoFormula
            if (
                self.at > 1
                and self.tokens[self.at - 2].end == token.start
                and self.tokens[self.at - 2].kind == "number"
            ):
                return text
            return f"{WORD}{text}}}"
        if text in GREEK:
            return GREEK[text] + self.index()
        assert variable is not None
        digits = f"_{{{variable[2]}}}" if variable[2] else ""
        found = variable[1] + variable[3] + digits + self.index()
        if self.seen("(", "[") and self.attached():
            found += self.argument()
        return found

    def over(self, text: str) -> str:
        """Read what stands under a sum or an extreme: `sum over r < k of`."""
        self.take()
        places = range(self.at, min(self.at + 6, len(self.tokens)))
        end = next((place for place in places if self.tokens[place].text == "of"), 0)
        if not end:
            raise NoFormula
        under = Reader(self.tokens[self.at : end], words=True)
        found = under.relation()
        self.at = end + 1
        return rf"\{text}_{{{found}}} "

    def logarithm(self, found: str) -> str:
        """Read what a logarithm, or an extreme, is of: brackets, or the factor that follows."""
        found += self.index()
        if self.seen("^"):
            self.take()
            found += f"^{{{self.factor()}}}"
        if self.seen("("):
            return found + self.argument()
        if self.at >= len(self.tokens) or self.seen("=", ")", ",", "+"):
            raise NoFormula
        return found

    def index(self) -> str:
        """Read an index behind a name, if there is one."""
        if not self.seen("_"):
            return ""
        self.take()
        text = self.take().text
        return f"_{{{text}}}" if len(text) < 3 and text != "on" else rf"_{{\text{{{text}}}}}"

    def argument(self) -> str:
        """Read brackets behind a function: words are allowed in them."""
        before, self.words = self.words, True
        try:
            return self.factor()
        finally:
            self.words = before


def number(text: str) -> str:
    """Return a number in LaTeX."""
    mantissa, _, exponent = text.partition("e")
    mantissa = mantissa.replace(",", "{,}")
    if not exponent:
        return mantissa
    power = f"10^{{{exponent}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"


def bare(latex: str) -> str:
    """Return LaTeX without the brackets that are all around it."""
    if not (latex.startswith(r"\left( ") and latex.endswith(r" \right)")):
        return latex
    depth = 0
    for found in re.finditer(r"\\left\(|\\right\)", latex):
        depth += 1 if found[0] == r"\left(" else -1
        if depth == 0 and found.end() < len(latex):
            return latex
    return latex[len(r"\left( ") : -len(r" \right)")]


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text from its beginning, up to what no formula has."""
    found, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            break
        found.append(Token(match.lastgroup or "", match[0], at, match.end()))
        at = match.end()
    return found
