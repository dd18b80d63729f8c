"""Columns that the Python functions of lm-evaluation-harness's tasks read, made up: those that hon-eval has as well."""

import importlib.util
import re
from pathlib import Path

import lm_eval.tasks

LETTERS = "ABCDE"
FOLDER = Path(lm_eval.tasks.__file__).parent


def lettered(rng, text, count=4):
    return {letter: text() for letter in LETTERS[:count]} | {"question": text(), "answer": rng.choice(LETTERS[:count])}


def filtered(function, rng, column):
    """Some rows that the function keeps, and some that it does not."""
    module, _, name = function.rpartition(".")
    spec = importlib.util.spec_from_file_location("functions", FOLDER / f"{module}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    (value,) = getattr(loaded, name).keywords.values()
    return {column: value if rng.random() < 0.7 else "none of them"}


def options(rng, text):
    return [text() for _ in range(rng.choice([3, 4]))]


def problems(rng, text):
    made = [
        {"question": text() + rng.choice(["", "  _  ."]), "options": [text() for _ in range(4)], "answer": rng.choice("ABCD")}
        for _ in range(3)
    ]
    return {"article": text(), "problems": repr(made)}


# By patterns of the functions' places.
COLUMNS = {
    "global_mmlu/full/": lambda f, rng, text, row: filtered(f, rng, "subject"),
    "global_mmlu/default/": lambda f, rng, text, row: filtered(f, rng, "subject_category"),
    "include/": lambda f, rng, text, row: filtered(f, rng, "domain"),
    r"hellaswag.*process_docs|french_bench/utils.process_docs": lambda f, rng, text, row: {
        **{"ctx_a": text(), "ctx_b": text() + " [title] More [x] iPhone", "activity_label": text()},
        **{"endings": [text() + "  [step] end" for _ in range(4)], "label": str(rng.randint(0, 3))},
    },
    "okapi/arc_multilingual/": lambda f, rng, text, row: {
        **{"id": text(), "instruction": text(), "answer": rng.choice("ABC")},
        **{f"option_{letter}": text() for letter in "abcd"},
        "option_e": rng.choice([None, "fifth"]),
    },
    "okapi/truthfulqa_multilingual/": lambda f, rng, text, row: {
        **{"question": text(), "mc1_targets_choices": [text() for _ in range(3)], "mc1_targets_labels": [1, 0, 0]},
        **{"mc2_targets_choices": [text() for _ in range(4)], "mc2_targets_labels": [1, 1, 0, 0]},
    },
    "truthfulqa/": lambda f, rng, text, row: {
        "mc1_targets": {"choices": [text() for _ in range(3)], "labels": [1, 0, 0]},
        "mc2_targets": {"choices": [text() for _ in range(4)], "labels": [1, 1, 0, 0]},
    },
    "truthfulqa-multi/": lambda f, rng, text, row: {
        "mc2_targets": {"choices": [text() for _ in range(4)], "labels": [1, 1, 0, 0]},
    },
    "mmlusr/": lambda f, rng, text, row: {f"choice{i}": text() if i < 4 else rng.choice([None, text()]) for i in range(1, 5)}
    | {"answer": rng.choice("ABCD") + " ", "question": text()},
    "bigbench/utils.filter": lambda f, rng, text, row: {
        "multiple_choice_targets": (kept := [f"{text()} {i}" for i in range(rng.choice([0, 3]))]),
        "multiple_choice_scores": [1, 0, 0][: len(kept)],
        "targets": kept[:1],
    },
    "arabic_leaderboard_avca": lambda f, rng, text, row: {
        "question": text(),
        "answer": rng.choice(["صح", "خطأ"]),
    },
    "arabic_leaderboard_arabic_mmlu": lambda f, rng, text, row: {
        **lettered(rng, text),
        "subject": "some_subject here",
    },
    "arabic_leaderboard_alghafa": lambda f, rng, text, row: {
        **{"query": text(), "sol1": text(), "sol2": text(), "sol3": text(), "label": str(rng.randint(0, 2))},
        "__few_shots": 1,
    },
    "tmmluplus/": lambda f, rng, text, row: lettered(rng, text),
    "tmlu/": lambda f, rng, text, row: lettered(rng, text) | {"E": rng.choice([None, text()]), "F": None},
    "eus_exams/": lambda f, rng, text, row: {
        "candidates": rng.choice([[text() for _ in range(4)], ["", "", "", ""]]),
        "answer": rng.choice([0, 1, 2, 3, None]),
    },
    "noreval/noropenbookqa/": lambda f, rng, text, row: {"fact": rng.choice(["", text()])},
    "arithmetic/": lambda f, rng, text, row: {"context": f" Q: {text()}\n\nA:", "completion": f" {rng.randint(1, 99)}"},
    "wsc273/": lambda f, rng, text, row: {
        **{"text": "The city  council refused. They feared violence .", "pronoun": rng.choice(["They", "their"])},
        **{"pronoun_loc": rng.choice([28, 10]), "quote": "They", "quote_loc": 28, "label": rng.randint(0, 1)},
        "options": rng.choice([["The city council", "He"], ["A demonstrator", "snow"]]),
    },
    "xcopa/": lambda f, rng, text, row: copa(rng, text),
    "copal_id/": lambda f, rng, text, row: copa(rng, text),
    "super_glue/copa/": lambda f, rng, text, row: copa(rng, text),
    "winogrande/": lambda f, rng, text, row: gap(rng, text),
    "xwinograd/": lambda f, rng, text, row: gap(rng, text),
    "race/": lambda f, rng, text, row: problems(rng, text),
    "glue/mnli/": lambda f, rng, text, row: {
        **{"premise": text(), "hypothesis": text() + rng.choice(["", ". "]), "label": rng.randint(0, 2)},
    },
    "afrixnli/": lambda f, rng, text, row: {"premise": text(), "hypothesis": text(), "label": rng.randint(0, 2)},
    "afrimmlu/": lambda f, rng, text, row: {
        **{"choices": repr([text() for _ in range(4)]), "subject": text(), "question": text()},
        "answer": rng.choice("ABCD"),
    },
    "darijammlu/": lambda f, rng, text, row: {
        **{"subject_darija": text(), "question": text(), "context": rng.choice(["", text()]), "choices": options(rng, text)},
        "answer": rng.randint(0, 2),
    },
    "egymmlu/": lambda f, rng, text, row: {
        **{"egy_subject": text(), "question": text(), "context": rng.choice(["", text()]), "choices": options(rng, text)},
        "answer": rng.randint(0, 2),
    },
    "arabicmmlu/": lambda f, rng, text, row: {
        **{"Level": rng.choice([None, "High"]), "Country": rng.choice(["", "Jordan"]), "Subject": text(), "Question": text()},
        **{"Context": rng.choice([None, text()]), "Answer Key": rng.choice("ABC")},
        **{f"Option {i}": text() if i < 4 else rng.choice([None, text()]) if i == 4 else None for i in range(1, 6)},
    },
    "paloma/": lambda f, rng, text, row: {"text": text()},
    "agieval/utils.process_results_mcqa": lambda f, rng, text, row: {
        **{"query": text(), "choices": [text() for _ in range(4)], "gold": [rng.randint(0, 3)]},
    },
}


def copa(rng, text):
    choices = {"choice1": f"He {text()}", "choice2": f"Ö {text()}"}
    return {"premise": f"{text()}.", "question": rng.choice(["cause", "effect"]), "label": rng.randint(0, 1), **choices}


def gap(rng, text):
    return {"sentence": f"{text()} _ {text()}", "option1": text(), "option2": text(), "answer": rng.choice("12")}


def function_columns(function, rng, text, row):
    """What a row needs for `folder/module.function`; nothing where it is not known."""
    makers = [make for pattern, make in COLUMNS.items() if re.search(rf"(^|/)({pattern})", function)]
    return makers[0](function, rng, text, row) if makers else {}
