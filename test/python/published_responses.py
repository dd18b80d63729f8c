"""What three models answered to MATH-500's 500 problems, and what math-verify says of each:

    git clone https://github.com/labrem/neus2026-labre     # at 7c1b7a3; MIT licence
    python test/python/published_responses.py neus2026-labre math_500.jsonl > responses.jsonl

They are gemma2-2b, gemma2-9b and qwen2.5-math-7b, with and without definitions in their prompts, greedy and sampled
(https://zenodo.org/records/18665030). Needs math-verify 0.9. grading_agreement.ts reads what this writes.
"""

import hashlib
import json
import logging
import re
import sys
from importlib.metadata import version
from pathlib import Path

from math_verify import parse, verify

PROBLEM = re.compile(r"\n  Ground Truth: (?P<gold>.*?)\n\n## Response", re.DOTALL)
RESPONSE = re.compile(r"--- LLM Response ---\n(.*?)\n--- End LLM Response ---", re.DOTALL)


def responses(folder):
    """(gold, text) of every response, once a problem."""
    seen = set()
    for file in sorted(Path(folder, "results").glob("experiment_*.md")):
        for block in file.read_text(encoding="utf-8").split("\n## Problem ")[1:]:
            name = block.split("\n", 1)[0]
            match = PROBLEM.search(block)
            for text in RESPONSE.findall(block):
                if match and (name, text) not in seen:
                    seen.add((name, text))
                    yield match["gold"], text


logging.disable(logging.CRITICAL)
assert version("math-verify") == "0.9.0"

with open(sys.argv[2], encoding="utf-8") as rows:
    golds = {json.loads(row)["answer"] for row in rows}
for gold, text in responses(sys.argv[1]):
    assert gold in golds, gold
    right = verify(parse(f"\\boxed{{{gold}}}"), parse(text))
    key = hashlib.sha256(f"{gold}\n{text}".encode()).hexdigest()[:12]
    print(json.dumps({"key": key, "gold": gold, "text": text, "math_verify": right}, ensure_ascii=False), flush=True)
