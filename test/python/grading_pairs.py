"""Pairs of a right answer and what a model might write, for grading_agreement.py: true rewrites, near misses, garbage.

Every rewrite says in its name what was done, and whether the answer is thereby right; nothing here knows of a grader.
"""

import random
import re
from fractions import Fraction

INTEGER = re.compile(r"-?\d+")
DECIMAL = re.compile(r"-?\d*\.\d+")
FRACTION = re.compile(r"(-?)\\[dt]?frac\s?(?:\{(\d+)\}\s*\{(\d+)\}|(\d)(\d)|(\d)\{(\d+)\})")
MIXED = re.compile(r"(\d+)\s*\\frac\{(\d+)\}\{(\d+)\}")
SURD = re.compile(r"(-?\d*)\s*\\sqrt\s?(?:\{(\d+)\}|(\d))")
PI_MULTIPLE = re.compile(r"(-?\d*)\s*\\pi")
DEGREES = re.compile(r"(\d+)\^\\circ")
BASE = re.compile(r"(\d+)_\{?(\d+)\}?")
THOUSANDS = re.compile(r"\d{1,3}(?:,(?:\\!)?\s?\d{3})+")
CURRENCY = re.compile(r"\\\$(.*)")
UNIT = re.compile(r"(.*\S)\s*\\(?:text|mbox)\{ ?([a-z]+)\}(?:\^\d)?")
WORD = re.compile(r"\\text\{(\(?)(\w+)(\)?)\}")
COMPLEX = re.compile(r"(-?\d+)\s*([+-])\s*(\d*)i")
MATRIX = re.compile(r"\\begin\{pmatrix\}(.*)\\end\{pmatrix\}")
BRACKETED = re.compile(r"(?:\\left)?\s*([(\[])(.*?)(?:\\right)?([)\]])")
UNION = re.compile(r"(.*\S)\s*\\cup\s*(.*)")
LIST = re.compile(r"-?\d+(?:,\s*-?\d+)+")
PLUS_MINUS = re.compile(r"(.*?)\s*\\pm\s*(.*)")
EQUATION = re.compile(r"([^=<>]*[^=<> ])\s*=\s*([^=<>]*)")
POLYNOMIAL = re.compile(r"[a-zA-Z0-9+\-^ ]*[a-zA-Z][a-zA-Z0-9+\-^ ]*")


def decimal(value, digits=10):
    """Exact where the decimal ends by then, else rounded to `digits` places."""
    sign, scaled = ("-" if value < 0 else ""), str(round(abs(Fraction(value)) * 10**digits)).zfill(digits + 1)
    return sign + f"{scaled[:-digits]}.{scaled[-digits:]}".rstrip("0").rstrip(".")


def tex_fraction(value):
    sign = "-" if value < 0 else ""
    return f"{sign}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def of_integer(gold, rng):
    n, k = int(gold), rng.randint(2, 9)
    true = [
        ("with a decimal point", f"{n}.0"),
        ("as a fraction", f"\\frac{{{n * k}}}{{{k}}}"),
        ("as a sum", f"{n - k} + {k}"),
        ("with a unit", f"{n} \\text{{ cm}}"),
        ("with a squared unit", f"{n}\\text{{ cm}}^2"),
        ("as an equation", f"x = {n}"),
        ("as a chain of equations", f"x = {n - k} + {k} = {n}"),
        ("equation turned round", f"{n} = x"),
        ("in braces", f"{{{n}}}"),
        ("in text", f"\\text{{{n}}}"),
        ("with thin spaces", f"\\,{n}\\;"),
        ("with a currency", f"\\${n}" if n >= 0 else f"-\\${-n}"),
        ("as a difference of fractions", f"\\frac{{{n * k + 1}}}{{{k}}} - \\frac{{1}}{{{k}}}"),
        ("in display style", f"\\displaystyle {n}"),
    ]
    if n >= 1000:
        true += [
            ("with a comma", f"{n:,}"),
            ("with a braced comma", f"{n:,}".replace(",", "{,}")),
            ("with thin spaces between thousands", f"{n:,}".replace(",", "\\,")),
            ("with powers of ten", f"{decimal(Fraction(n, 1000))} \\times 10^3"),
        ]
    if 0 < n <= 40:
        true += [("as a root", f"\\sqrt{{{n * n}}}"), ("as a power's root", f"\\sqrt[3]{{{n**3}}}")]
    if n % k == 0 and n > k:
        true += [("as a product", f"{k} \\cdot {n // k}"), ("as a product with \\times", f"{k} \\times {n // k}")]
    near = [
        ("one more", str(n + 1)),
        ("one less", str(n - 1)),
        ("ten times", str(n * 10) if n else "10"),
        ("other sign", str(-n) if n else "-1"),
        ("with a digit more", f"{n}1"),
        ("a little more", f"{n}.01"),
        ("as a wrong fraction", f"\\frac{{{n * k + 1}}}{{{k}}}"),
        ("with another number", f"{n}, {n + 1}"),
        ("times pi", f"{n or 1}\\pi"),
        ("under a root", f"\\sqrt{{{n * n + 1}}}"),
        ("times x", f"{n or 1}x"),
    ]
    return true, near


def of_rational(value, rng):
    k = rng.randint(2, 7)
    p, q = value.numerator, value.denominator
    sign, m = ("-" if p < 0 else ""), abs(p)
    true = [
        ("with a slash", f"{p}/{q}"),
        ("not reduced", f"{sign}\\frac{{{m * k}}}{{{q * k}}}"),
        ("as \\dfrac", f"{sign}\\dfrac{{{m}}}{{{q}}}"),
        ("as \\tfrac", f"{sign}\\tfrac{{{m}}}{{{q}}}"),
        ("with the sign inside", f"\\frac{{{p}}}{{{q}}}"),
        ("as a decimal", decimal(value)),
        ("as a product", f"{p} \\cdot \\frac{{1}}{{{q}}}"),
        ("as a quotient", f"{p} \\div {q}"),
        ("as a sum", f"{tex_fraction(value - 1)} + 1"),
        ("as an equation", f"P = {tex_fraction(value)}"),
        ("as a power", f"{p} \\cdot {q}^{{-1}}"),
        ("with a unit", f"{tex_fraction(value)} \\text{{ hours}}"),
        ("with spaces", f"{sign} \\frac {{ {m} }} {{ {q} }}"),
    ]
    if m < 10 and q < 10:
        true.append(("without braces", f"{sign}\\frac{m}{q}"))
    if m > q > 1:
        true += [
            ("as a mixed number", f"{sign}{m // q}\\frac{{{m % q}}}{{{q}}}"),
            ("as a mixed number with a slash", f"{sign}{m // q} {m % q}/{q}"),
        ]
    if (value * 10000).denominator == 1 and 0 < value < 1:
        true.append(("as a percentage", f"{decimal(value * 100)}\\%"))
    near = [
        ("upside down", f"{sign}\\frac{{{q}}}{{{m}}}"),
        ("other denominator", f"{sign}\\frac{{{m}}}{{{q + 1}}}"),
        ("other numerator", f"{sign}\\frac{{{m + 1}}}{{{q}}}"),
        ("other sign", tex_fraction(-value)),
        ("its numerator", str(p) if q != 1 else str(p + 1)),
        ("squared", f"\\frac{{{m * m + q}}}{{{q * q}}}"),
        ("under a root", f"\\sqrt{{\\frac{{{m + q}}}{{{q}}}}}"),
        ("a decimal that differs", decimal(value + Fraction(1, 1000))),
    ]
    if (value * 100).denominator != 1:
        near.append(("rounded", f"{float(value):.2f}"))
    return true, near


def of_decimal(gold, rng):
    value = Fraction(gold if gold[0] != "." else "0" + gold)
    true, near = of_rational(value, rng)
    return true + [("with a zero more", gold + "0"), ("as a fraction", tex_fraction(value))], near


def of_surd(match, rng):
    c, n = int({"": "1", "-": "-1"}.get(match[1], match[1])), int(match[2] or match[3])
    sign, m = ("-" if c < 0 else ""), abs(c)
    coefficient = "" if m == 1 else str(m)
    value = c * n**0.5
    true = [
        ("under the root", f"{sign}\\sqrt{{{m * m * n}}}"),
        ("turned round", f"{sign}\\sqrt{{{n}}} \\cdot {m}"),
        ("as a power", f"{sign}{m} \\cdot {n}^{{1/2}}"),
        ("as a decimal", decimal(value)),
        ("rationalised", f"{sign}\\frac{{{m * n}}}{{\\sqrt{{{n}}}}}"),
        ("with a unit", f"{sign}{coefficient}\\sqrt{{{n}}} \\text{{ units}}"),
        ("as a fraction", f"{sign}\\frac{{{2 * m}\\sqrt{{{n}}}}}{{2}}"),
        ("as an equation", f"d = {sign}{coefficient}\\sqrt{{{n}}}"),
        (
            "as two roots",
            f"{sign}{m}\\sqrt{{{4 * n}}} - {m}\\sqrt{{{n}}}"
            if c > 0
            else f"\\sqrt{{{m * m * n}}} - 2\\sqrt{{{m * m * n}}}",
        ),
        ("with \\times", f"{sign}{m} \\times \\sqrt{{{n}}}"),
    ]
    near = [
        ("other radicand", f"{sign}{coefficient}\\sqrt{{{n + 1}}}"),
        ("other coefficient", f"{c + 1 or 2}\\sqrt{{{n}}}"),
        ("without the root", f"{c * n}"),
        ("other sign", f"{-c}\\sqrt{{{n}}}"),
        ("rounded", f"{value:.2f}"),
        ("cube root", f"{sign}{coefficient}\\sqrt[3]{{{n}}}"),
        ("sum for product", f"{m}+\\sqrt{{{n}}}" if m != 1 else f"1+\\sqrt{{{n}}}"),
    ]
    return true, near


def of_pi(match, rng):
    c = int({"": "1", "-": "-1"}.get(match[1], match[1]))
    true = [
        ("turned round", f"\\pi \\cdot {c}"),
        ("as a decimal", decimal(c * 3.141592653589793)),
        ("as a sum", f"{c - 1}\\pi + \\pi"),
        ("as a fraction", f"\\frac{{{2 * c}\\pi}}{{2}}"),
        ("with a unit", f"{c}\\pi \\text{{ square units}}"),
        ("as an equation", f"A = {c}\\pi"),
        ("with {}", f"{c}{{\\pi}}"),
    ]
    near = [
        ("other coefficient", f"{c + 1}\\pi"),
        ("without pi", str(c)),
        ("squared", f"{c}\\pi^2"),
        ("rounded", f"{c * 3.14159:.2f}"),
        ("with 22/7", f"\\frac{{{22 * c}}}{{7}}"),
        ("other sign", f"{-c}\\pi"),
    ]
    return true, near


def of_degrees(match, rng):
    n = int(match[1])
    true = [
        ("without the sign", str(n)),
        ("in words", f"{n} \\text{{ degrees}}"),
        ("with braces", f"{n}^{{\\circ}}"),
        ("with \\degree", f"{n}\\degree"),
        ("as a decimal", f"{n}.0^\\circ"),
        ("as an equation", f"\\angle ABC = {n}^\\circ"),
        ("as a sum", f"{n - 10}^\\circ + 10^\\circ"),
    ]
    near = [
        ("one more", f"{n + 1}^\\circ"),
        ("half", f"{decimal(Fraction(n, 2))}^\\circ"),
        ("supplement", f"{180 - n if n not in (90, 180) else 45}^\\circ"),
        ("other sign", f"-{n}^\\circ"),
    ]
    return true, near


def of_base(match, rng):
    digits, base = match[1], int(match[2])
    words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    true = [
        ("base in braces", f"{digits}_{{{base}}}"),
        ("without base", digits),
        ("with spaces", f"{digits} _ {{ {base} }}"),
        ("base in words", f"{digits}_\\text{{{words[base]}}}"),
        ("digits in text", f"\\text{{{digits}}}_{{{base}}}"),
    ]
    near = [
        ("one more", f"{digits[:-1]}{(int(digits[-1]) + 1) % base}_{base}"),
        ("other base", f"{digits}_{{{base + 1}}}"),
        ("digits turned round", f"{digits[::-1] if digits != digits[::-1] else digits + '1'}_{base}"),
        ("a digit more", f"{digits}0_{base}"),
    ]
    return true, near


def of_thousands(gold, rng):
    n = int(re.sub(r"\D", "", gold))
    true, near = of_integer(str(n), rng)
    return true + [("without commas", str(n)), ("with plain commas", f"{n:,}")], near + [
        ("thousand times", f"{n * 1000:,}"),
        ("last group lost", f"{n // 1000:,}"),
    ]


def of_currency(amount, rng):
    amount = re.sub(r"[^\d.]", "", amount)
    true = [
        ("without the currency", amount),
        ("in words", f"{amount} \\text{{ dollars}}"),
        ("bare sign", f"\\${amount}"),
        ("as an equation", f"x = \\${amount}"),
        ("as a decimal", amount if "." in amount else f"\\${amount}.00"),
    ]
    near = [
        ("one more", f"\\${decimal(Fraction(amount) + 1)}"),
        ("in cents", f"{decimal(Fraction(amount) * 100)}"),
        ("half", f"\\${decimal(Fraction(amount) / 2)}"),
    ]
    return true, near


def of_unit(match, rng):
    number, unit = match[1], match[2]
    true = [
        ("without the unit", number),
        ("unit in \\mathrm", f"{number} \\mathrm{{ {unit}}}"),
        ("unit in \\text", f"{number}\\text{{ {unit}}}"),
        ("as an equation", f"x = {number} \\text{{ {unit}}}"),
        ("with thin space", f"{number}\\,\\text{{{unit}}}"),
    ]
    near = [
        ("value doubled", f"2 \\cdot {number} \\text{{ {unit}}}"),
        ("one more", f"{number}+1"),
        ("other sign", f"-{number} \\text{{ {unit}}}"),
    ]
    return true, near


def of_word(match, rng):
    word = match[2]
    true = [
        ("bare", word),
        ("in bold", f"\\textbf{{{word}}}"),
        ("in \\mathrm", f"\\mathrm{{{word}}}"),
        ("with spaces", f"\\text{{ {word} }}"),
        ("lower case", f"\\text{{{word.lower()}}}"),
    ]
    if match[1]:
        true = [
            ("letter bare", word),
            ("letter in text", f"\\text{{{word}}}"),
            ("letter in brackets", f"({word})"),
            ("letter in bold", f"\\textbf{{({word})}}"),
        ]
        near = [
            ("other letter", f"\\text{{({chr(ord(word) % 5 + 65) if chr(ord(word) % 5 + 65) != word else 'F'})}}"),
            ("two letters", f"{word}, F"),
            ("a number", "3"),
        ]
        return true, near
    others = ["west", "odd", "parabola", "Zoe", "none", "circle"]
    near = [
        ("other word", f"\\text{{{rng.choice([w for w in others if w != word])}}}"),
        ("other bare word", rng.choice([w for w in others if w != word])),
        ("negated", f"\\text{{not {word}}}"),
        ("cut short", f"\\text{{{word[:-2]}}}"),
        ("letters mixed", f"\\text{{{word[::-1]}x}}"),
    ]
    return true, near


def of_complex(match, rng):
    a, sign, b = int(match[1]), match[2], int(match[3] or 1)
    flip = "-" if sign == "+" else "+"
    true = [
        (
            "turned round",
            f"{'-' if sign == '-' else ''}{b}i + {a}" if a >= 0 else f"{'-' if sign == '-' else ''}{b}i - {-a}",
        ),
        ("i times coefficient", f"{a} {sign} i \\cdot {b}"),
        ("as an equation", f"z = {a}{sign}{b}i"),
        ("as a sum", f"{a - 1} {sign} {b}i + 1"),
        ("as a product", f"i({b if sign == '+' else -b} {'-' if a >= 0 else '+'} {abs(a)}i)"),
    ]
    near = [
        ("conjugate", f"{a} {flip} {b}i"),
        ("without i", f"{a} {sign} {b}"),
        ("parts exchanged", f"{b} {sign} {a + 1}i"),
        ("other sign", f"{-a} {flip} {b}i"),
        ("real part", str(a)),
    ]
    return true, near


def rewrite_element(text, rng):
    """Another way to write one coordinate, endpoint or entry."""
    text = text.strip()
    if INTEGER.fullmatch(text):
        return rng.choice([f"{text}.0", f"\\frac{{{2 * int(text)}}}{{2}}", f" {text} "])
    if match := re.fullmatch(r"(-?\d+)/(\d+)", text):
        return tex_fraction(Fraction(int(match[1]), int(match[2])))
    if FRACTION.fullmatch(text):
        return text.replace("\\frac", "\\dfrac")
    return f"{{{text}}}"


def split(text):
    """At the commas outside braces."""
    return [part.strip() for part in re.split(r",(?![^{]*\})", text)]


def of_matrix(match, rng):
    rows = [[cell.strip() for cell in row.split("&")] for row in match[1].split("\\\\")]

    def tex(table, kind="pmatrix"):
        return f"\\begin{{{kind}}} " + " \\\\ ".join(" & ".join(row) for row in table) + f" \\end{{{kind}}}"

    changed = [row[:] for row in rows]
    changed[-1][-1] = f"{rows[-1][-1]} + 1"
    negated = [row[:] for row in rows]
    negated[0][0] = f"-({rows[0][0]})"
    transposed = [list(column) for column in zip(*rows)]
    true = [
        ("as bmatrix", tex(rows, "bmatrix")),
        ("entries rewritten", tex([[rewrite_element(cell, rng) for cell in row] for row in rows])),
        ("without spaces", tex(rows).replace(" ", "").replace("\\\\-", "\\\\ -")),
        ("as an equation", "\\mathbf{v} = " + tex(rows)),
        ("as matrix in brackets", "\\left( " + tex(rows, "matrix") + " \\right)"),
        (
            "as array",
            "\\left(\\begin{array}{"
            + "c" * len(rows[0])
            + "} "
            + " \\\\ ".join(" & ".join(row) for row in rows)
            + " \\end{array}\\right)",
        ),
    ]
    near = [
        ("an entry changed", tex(changed)),
        ("a sign changed", tex(negated)),
        ("a row less", tex(rows[:-1])),
        ("a row more", tex(rows + rows[:1])),
        ("rows turned round", tex(rows[::-1])),
    ]
    if transposed != rows:
        near.append(("transposed", tex(transposed)))
    return true, near


def of_bracketed(match, rng):
    left, inner, right = match[1], split(match[2]), match[3]
    tuple_ = left == "(" and right == ")"
    true = [
        ("elements rewritten", left + ", ".join(rewrite_element(x, rng) for x in inner) + right),
        ("without spaces", left + ",".join(inner) + right),
        ("with \\left and \\right", f"\\left{left} {', '.join(inner)} \\right{right}"),
        ("with \\big", f"\\bigl{left}{', '.join(inner)}\\bigr{right}"),
        (
            "as an equation" if tuple_ else "with \\in",
            ("P = " if tuple_ else "x \\in ") + left + ", ".join(inner) + right,
        ),
    ]
    near = [
        (
            "an element changed",
            left + ", ".join([*inner[:-1], f"{inner[-1]}+1" if "infty" not in inner[-1] else "7"]) + right,
        ),
        ("turned round", left + ", ".join(inner[::-1]) + right),
        ("an element more", left + ", ".join([*inner, "1"]) + right),
        ("the first element", inner[0]),
        ("a sign changed", left + ", ".join([f"-({inner[0]})" if inner[0] != "0" else "1", *inner[1:]]) + right),
    ]
    if len(inner) == 2 and not tuple_:
        flipped = ("(" if left == "[" else "[") + ", ".join(inner) + right
        near.append(("other bracket on the left", flipped))
    if "\\infty" in match[2] and inner[1] == "\\infty":
        true.append(("as an inequality", f"x {'>' if left == '(' else chr(92) + 'ge'} {inner[0]}"))
    return true, near


def of_union(match, rng):
    a, b = match[1], match[2]
    true = [
        ("turned round", f"{b} \\cup {a}"),
        ("without spaces", f"{a}\\cup{b}"),
        ("with \\in", f"x \\in {a} \\cup {b}"),
        ("with \\bigcup", f"\\left{a[:-1]}\\right) \\cup {b}"),
    ]
    near = [
        ("the first part", a),
        ("intersection", f"{a} \\cap {b}"),
        ("a bracket changed", f"[{a[1:]} \\cup {b}"),
        ("a part more", f"{a} \\cup {b} \\cup (-300, -200)" if "infty" not in a else f"{a} \\cup {b} \\cup [2, 3]"),
        ("listed twice", f"{a} \\cup {a}"),
    ]
    return true, near


def of_list(items, rng):
    mixed = items[1:] + items[:1]
    true = [
        ("in another order", ", ".join(mixed)),
        ("with and", ", ".join(items[:-1]) + " \\text{ and } " + items[-1]),
        ("as a set", "\\{" + ", ".join(items) + "\\}"),
        ("as equations", ", ".join(f"x = {x}" for x in items)),
        ("with or", " \\text{ or } ".join(f"x={x}" for x in items)),
        ("without spaces", ",".join(items)),
        ("elements rewritten", ", ".join(rewrite_element(x, rng) for x in items)),
        ("one equation", "x = " + ", ".join(items)),
        ("with semicolons", "; ".join(items)),
    ]
    near = [
        ("one less", ", ".join(items[:-1])),
        ("one more", ", ".join([*items, "1000"])),
        ("one changed", ", ".join([*items[:-1], f"{items[-1]} + 1"])),
        ("signs changed", ", ".join(f"-({x})" for x in items)),
        ("the first", items[0]),
        ("product", " \\cdot ".join(f"({x})" for x in items)),
    ]
    return true, near


def of_plus_minus(match, rng):
    a, b = match[1], match[2]
    true = [
        ("spelled out", f"{a} + {b}, {a} - {b}"),
        ("turned round", f"{a} - {b}, {a} + {b}"),
        ("as equations", f"x = {a} + {b} \\text{{ or }} x = {a} - {b}"),
        ("as one equation", f"x = {a} \\pm {b}"),
        ("with and", f"{a} + {b} \\text{{ and }} {a} - {b}"),
        ("as a set", f"\\{{ {a} - {b}, {a} + {b} \\}}"),
        ("with \\mp", f"{a} \\pm {{{b}}}"),
    ]
    near = [
        ("only plus", f"{a} + {b}"),
        ("only minus", f"{a} - {b}"),
        ("other centre", f"{a} + 1 \\pm {b}"),
        ("other distance", f"{a} \\pm 2 \\cdot {b}"),
        ("without centre", f"\\pm {b}"),
    ]
    return true, near


def of_equation(match, rng):
    left, right = match[1], match[2]
    true = [
        ("turned round", f"{right} = {left}"),
        ("on one side", f"{left} - ({right}) = 0"),
        ("doubled", f"2 ({left}) = 2 ({right})"),
        ("both sides moved", f"{left} + 3 = {right} + 3"),
        ("without spaces", f"{left}={right}"),
    ]
    if left in "xyz":
        true.append(("right side", right))
    near = [
        ("right side changed", f"{left} = {right} + 1"),
        ("sign changed", f"{left} = -({right}) - 1"),
        ("other relation", f"{left} < {right}"),
        ("left side", f"{left} + 1"),
        ("two equations", f"{left} = {right}, w = 1"),
    ]
    return true, near


def of_polynomial(gold, rng):
    import sympy
    from sympy.parsing.sympy_parser import (
        convert_xor,
        implicit_multiplication_application,
        parse_expr,
        standard_transformations,
    )

    names = {c: sympy.Symbol(c) for c in set(re.findall("[a-zA-Z]", gold))}
    spaced = re.sub(r"(?<=[a-zA-Z])(?=[a-zA-Z])", " ", gold)
    value = parse_expr(
        spaced,
        local_dict=names,
        transformations=(*standard_transformations, convert_xor, implicit_multiplication_application),
    )
    symbol = sorted(names.values(), key=str)[0]
    terms = sympy.Add.make_args(sympy.expand(value))
    other = sympy.Symbol("w")
    true = [
        ("expanded", sympy.latex(sympy.expand(value))),
        ("factored", sympy.latex(sympy.factor(value))),
        ("turned round", " + ".join(f"({sympy.latex(t)})" for t in terms[::-1])),
        ("as an equation", f"f({symbol}) = {gold}"),
        ("doubled and halved", f"\\frac{{{sympy.latex(sympy.expand(2 * value))}}}{{2}}"),
        ("shifted", f"{sympy.latex(sympy.expand(value + 5))} - 5"),
        ("with \\cdot", re.sub(r"(\d)([a-zA-Z])", r"\1 \\cdot \2", gold)),
        ("powers braced", re.sub(r"\^(\d+)", r"^{\1}", gold)),
        ("in brackets", f"\\left({gold}\\right)"),
        ("without spaces", gold.replace(" ", "")),
    ]
    near = [
        ("one more", f"{gold} + 1"),
        ("other sign", f"-({gold})"),
        ("other variable", sympy.latex(value.subs(symbol, other))),
        ("doubled", f"2({gold})"),
        ("at 3", sympy.latex(value.subs(symbol, 3))),
        ("times variable", f"{symbol}({gold})"),
        ("derivative", sympy.latex(sympy.diff(value, symbol))),
    ]
    return true, near


def of_expression(gold, rng):
    if "," in gold:
        return of_set(gold)
    true = [
        ("in brackets", f"\\left({gold}\\right)"),
        ("with a product by one", f"1 \\cdot ({gold})"),
        ("doubled and halved", f"\\frac{{2({gold})}}{{2}}"),
        ("shifted", f"({gold}) + 3 - 3"),
        ("as an equation", f"y = {gold}"),
    ]
    near = [
        ("one more", f"{gold} + 1"),
        ("other sign", f"-({gold}) - 1"),
        ("doubled", f"2({gold})"),
        ("halved", f"\\frac{{{gold}}}{{2}}"),
    ]
    return true, near


def of_set(gold):
    """Sets, and what says that something is in one."""
    inside = gold.replace("\\{", "").replace("\\}", "")
    true = [("with spaces", gold.replace(",", " , ")), ("with \\displaystyle", f"\\displaystyle {gold}")]
    if "in" in gold:
        return [*true, ("only the set", gold.split("\\in ")[1])], [
            ("other end", gold.replace("7", "8")),
            ("other bracket", gold.replace("[", "(")),
            ("shifted", f"{gold} + 1"),
        ]
    true += [
        ("without braces", inside),
        ("with \\left and \\right", gold.replace("\\{", "\\left\\{").replace("\\}", "\\right\\}")),
    ]
    return true, [
        ("one more", f"{inside}, 1000"),
        ("doubled", inside.replace("-2", "-4")),
        ("the first", inside.split(",")[0]),
    ]


def rewrites(gold, rng):
    """Lists of (name, LaTeX): answers that are right, and answers that are not."""
    bare = gold.strip()
    if INTEGER.fullmatch(bare):
        return of_integer(bare, rng)
    if DECIMAL.fullmatch(bare):
        return of_decimal(bare, rng)
    if match := FRACTION.fullmatch(bare):
        numerator, denominator = (int(match[i] or match[i + 2] or match[i + 4]) for i in (2, 3))
        return of_rational(Fraction(int(match[1] + "1") * numerator, denominator), rng)
    if match := MIXED.fullmatch(bare):
        return of_rational(int(match[1]) + Fraction(int(match[2]), int(match[3])), rng)
    for pattern, make in (
        (SURD, of_surd),
        (PI_MULTIPLE, of_pi),
        (DEGREES, of_degrees),
        (BASE, of_base),
        (WORD, of_word),
        (COMPLEX, of_complex),
        (MATRIX, of_matrix),
        (UNIT, of_unit),
    ):
        if match := pattern.fullmatch(bare):
            return make(match, rng)
    if THOUSANDS.fullmatch(bare):
        return of_thousands(bare, rng)
    if match := CURRENCY.fullmatch(bare):
        return of_currency(match[1], rng)
    if LIST.fullmatch(bare):
        return of_list(split(bare), rng)
    if (match := UNION.fullmatch(bare)) and bare.startswith("("):
        return of_union(match, rng)
    if (match := BRACKETED.fullmatch(bare)) and "," in bare and "\\cup" not in bare:
        return of_bracketed(match, rng)
    if (match := PLUS_MINUS.fullmatch(bare)) and "{1" not in bare:
        return of_plus_minus(match, rng)
    if match := EQUATION.fullmatch(bare):
        return of_equation(match, rng)
    if POLYNOMIAL.fullmatch(bare):
        return of_polynomial(bare, rng)
    return of_expression(bare, rng)


GARBAGE = [
    "",
    " ",
    "?",
    "\\ldots",
    "\\text{I do not know}",
    "\\text{no solution}",
    "\\frac{",
    "\\frac{1}{",
    "\\sqrt{",
    "}{",
    "{{{{",
    "\\left(",
    "1 +",
    "= 4 =",
    "\\begin{pmatrix} 1 \\\\",
    "\\undefinedcommand{3}",
    "^^2",
    "x_{",
    "\\text{see above}",
    "\\emptyset",
    "\\infty",
    "0/0",
    "\\frac{1}{0}",
    "N/A",
    "\\mathbb{R}",
    "f(x)",
    "a_1, a_2, \\ldots, a_n",
    "{" * 60 + "7" + "}" * 60,
    "((((((((((",
    "\\%",
    "\\$",
    "\\circ",
    "3 4 5 6 7 + + 2",
    "!@#",
    "12:30",
    "\\angle ABC",
    "\\overline{PQ}",
    "\\lim_{n \\to \\infty} a_n",
    "\\int e^{-t^2} dt",
    "Q.E.D.",
    "1" * 300,
    "9^{9^{9}}",
]
ALPHABET = [
    "\\frac",
    "{",
    "}",
    "1",
    "2",
    "7",
    "x",
    "+",
    "-",
    "^",
    "_",
    "\\sqrt",
    "(",
    ")",
    ",",
    "\\pi",
    "=",
    "\\text{or}",
    "\\\\",
    "&",
    " ",
    ".",
]


def soup(rng):
    """Tokens of LaTeX in any order."""
    return "".join(rng.choice(ALPHABET) for _ in range(rng.randint(3, 14)))


BOXED = [
    "So the answer is $\\boxed{%s}$.",
    "Therefore\n\\[\\boxed{%s}\\]",
    "Hence we get \\(\\boxed{%s}\\).",
    "Therefore, the final answer is: $\\boxed{%s}$. I hope it is correct.",
]
ANNOUNCED = [
    "We are done. The final answer is $%s$.",
    "Adding up.\n\nAnswer: $%s$",
    "Some steps.\n\n**Final Answer:** The final answer is $%s$. I hope it is correct.",
]


def present(answer, rng):
    """What a model writes around its answer."""
    return rng.choice(BOXED * 2 + ANNOUNCED) % answer


def draw(rng, items, count):
    """`count` of the items, without replacement."""
    keys = {name: rng.random() for name, _ in items}
    return sorted(items, key=lambda item: keys[item[0]], reverse=True)[:count]


def make_pairs(golds, seed=0, true=4, near=3, garbage=2):
    """One dict a pair: gold, kind, expected, answer (LaTeX), text (what the model wrote). `golds` keep their order."""
    rng = random.Random(seed)
    for gold in golds:
        right, wrong = rewrites(gold, rng)
        right = [*right, ("as it is", gold), ("between braces", f"{{{gold}}}")]
        chosen = [("true", *item) for item in draw(rng, right, true)]
        chosen += [("near", *item) for item in draw(rng, wrong, near)]
        for i in range(garbage):
            other = [
                ("another gold", rng.choice([g for g in golds if g != gold])),
                ("nonsense", rng.choice(GARBAGE)),
                ("token soup", soup(rng)),
            ]
            chosen.append(("garbage", *rng.choice(other)))
        for group, kind, answer in chosen:
            yield {
                "gold": gold,
                "group": group,
                "kind": kind,
                "expected": group == "true",
                "answer": answer,
                "text": present(answer, rng),
            }
