"""Rows for a comparison of ten tasks and of WikiText: real ones where there are some, and made-up ones of the others' schemas.

    python test/python/made_rows.py --data FOLDER --output FOLDER

`--data` has `<task>.jsonl` of arc_challenge, arc_easy, hellaswag, piqa and logiqa with the hub's rows. Of those the first 40
are asked and the next 40 are shots; the others are made of their texts, so that they are English, and what they say is
nothing. Shots are in `<task>.<split>.jsonl`, as `hon-eval run --data` looks for them.
"""

import argparse
import json
import random
from pathlib import Path

REAL = ("arc_challenge", "arc_easy", "hellaswag", "piqa", "logiqa")
ROWS = 40


def boolq(text, rng, index):
    return {"question": text(10).lower(), "passage": text(60), "idx": index, "label": rng.randint(0, 1)}


def winogrande(text, rng, index):
    options = {"option1": text(1), "option2": text(1)}
    return {"sentence": f"{text(9)} because _ {text(6)}.", **options, "answer": rng.choice("12")}


def openbookqa(text, rng, index):
    choices = {"text": [text(4) for _ in range(4)], "label": list("ABCD")}
    return {"id": str(index), "question_stem": text(10), "choices": choices, "answerKey": rng.choice("ABCD")}


def copa(text, rng, index):
    asked = {"premise": f"{text(7)}.", "choice1": f"{text(6)}.", "choice2": f"{text(6)}."}
    return {**asked, "question": rng.choice(["cause", "effect"]), "idx": index, "label": rng.randint(0, 1)}


def mmlu(text, rng, index):
    choices = [f"{text(5)}." for _ in range(4)]
    return {"question": f"{text(18)}?", "subject": "anatomy", "choices": choices, "answer": rng.randint(0, 3)}


def lambada(text, rng, index):
    return {"text": text(60)}


def wikitext(text, rng, index):
    paragraphs = [f" {text(120)} @-@ {text(30)} , 1 @,@ 000 ; ( {text(5)} ) \" {text(4)} \" . \n" for _ in range(8)]
    return {"page": f" = {text(2)} = \n \n" + "".join(paragraphs)}


MADE = {
    "boolq": (boolq, "train"),
    "winogrande": (winogrande, "train"),
    "openbookqa": (openbookqa, "train"),
    "copa": (copa, "train"),
    "mmlu_anatomy": (mmlu, "dev"),
    "lambada_openai": (lambada, None),
    "wikitext": (wikitext, None),
}


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    words = []
    for task in REAL:
        lines = (options.data / f"{task}.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines[: 2 * ROWS]]
        write(options.output / f"{task}.jsonl", rows[:ROWS])
        write(options.output / f"{task}.train.jsonl", rows[ROWS:])
        for row in rows:
            words += str(row.get("ctx") or row.get("goal") or row.get("question") or "").split()
    for task, (make, split) in MADE.items():
        rng = random.Random(task)

        def text(count):
            start = rng.randrange(len(words) - count)
            return " ".join(words[start : start + count]).rstrip(".,?!:;") or "it"

        rows = [make(text, rng, index) for index in range(2 * ROWS)]
        write(options.output / f"{task}.jsonl", rows[:ROWS])
        if split:
            write(options.output / f"{task}.{split}.jsonl", rows[ROWS:])


if __name__ == "__main__":
    main()
