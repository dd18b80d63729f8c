"""Makes pairs of right answers and model's texts from MATH-500's answers, and asks math-verify about each:

    python test/python/grading_agreement.py math_500.jsonl > pairs.jsonl

Needs math-verify 0.9 with latex2sympy2_extended and sympy. grading_agreement.ts reads what this writes.
"""

import json
import logging
import sys
from importlib.metadata import version

from grading_pairs import make_pairs
from math_verify import parse, verify

logging.disable(logging.CRITICAL)
assert version("math-verify") == "0.9.0"

with open(sys.argv[1], encoding="utf-8") as rows:
    golds = [json.loads(row)["answer"] for row in rows]
for pair in make_pairs(golds, seed=int(sys.argv[2]) if len(sys.argv) > 2 else 0):
    pair["math_verify"] = verify(parse(f"\\boxed{{{pair['gold']}}}"), parse(pair["text"]))
    print(json.dumps(pair, ensure_ascii=False), flush=True)
