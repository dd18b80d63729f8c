"""What the OLMES standard's own code asks about made-up rows: test/fixtures/tasks/olmes.json.

    python test/python/olmes_requests.py --olmo-eval FOLDER --catwalk FOLDER --output test/fixtures/tasks/olmes.json

The folders are checkouts of github.com/allenai/OLMo-Eval (at e77b194, with olmo_eval/tasks/olmes_v0_1) and of
github.com/allenai/catwalk. For each data set there are rows to take shots from and rows to ask about, all made up; for each task the
SHA-256 of [[[[context, continuation], ...], ...], [gold, ...]] as JSON without spaces, the requests without the question
behind the others where there are some; and for each data set the SHA-256 of the rows that the standard has for shots, each
by its identifier or the first 64 bits of its texts' own. Nothing is downloaded.
"""

import argparse
import hashlib
import importlib.machinery
import json
import random
import sys
import types
from pathlib import Path

WORDS = ["Ada", "it's", "naïve", "“quoted”", "snow", "x < y", "two  spaces", "日本", "end.", "iPhone USA", "(A)", "five", "é"]
STANDARD = "olmo_eval.tasks.olmes_v0_1"
#: data set: (module, class of rc, class of mc, key of the standard's shots, what identifies a row, whether by its digest)
TASKS = {
    "arc_easy": ("arc_std", "ARCEasyStd", "ARCEasyMCStd", "ARC-Easy", ["id"], False),
    "arc_challenge": ("arc_std", "ARCChallengeStd", "ARCChallengeMCStd", "ARC-Challenge", ["id"], False),
    "boolq": ("boolq_std", "BoolQStd", "BoolQMCStd", "boolq", ["idx"], False),
    "csqa": ("csqa_std", "CommonsenseQAStd", "CommonsenseQAMCStd", "commonsense_qa", ["id"], False),
    "hellaswag": ("hellaswag_std", "HellaSwagStd", "HellaSwagMCStd", "hellaswag", ["ind", "source_id"], False),
    "openbookqa": ("openbookqa_std", "OpenBookQAStd", "OpenBookQAMCStd", "openbookqa", ["id"], False),
    "piqa": ("piqa_std", "PiQAStd", "PiQAMCStd", "piqa", ["goal", "sol1", "sol2"], True),
    "socialiqa": (
        *("siqa_std", "SocialIQAStd", "SocialIQAMCStd", "social_i_qa"),
        *(["context", "question", "answerA", "answerB", "answerC"], True),
    ),
    "winogrande": (
        *("winogrande_std", "WinograndeStd", "WinograndeMCStd", "winogrande"),
        *(["sentence", "option1", "option2"], True),
    ),
    "mmlu_anatomy": ("mmlu_std", None, None, None, [], False),
}


def stand_in(name, path=None, **attributes):
    """A module without its own code, which loads what the requests do not need."""
    module = types.ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=path is not None)
    if path:
        module.__path__ = [str(path)]
    vars(module).update(attributes)
    sys.modules[name] = module


def load_standard(olmo_eval, catwalk):
    stand_in("sqlitedict", SqliteDict=None)
    stand_in("pytest", mark=None)
    for name in ("catwalk", "catwalk.dependencies", "catwalk.dependencies.lm_eval", "catwalk.tasks"):
        stand_in(name, catwalk / name.replace(".", "/"))
    stand_in("catwalk.task", rc_metrics=None)
    stand_in("catwalk.tasks.eleuther", EleutherMMLUTask=None)
    for name in ("olmo_eval", "olmo_eval.tasks", STANDARD):
        stand_in(name, olmo_eval / name.replace(".", "/"))
    return lambda module: importlib.import_module(f"{STANDARD}.{module}")


def made_row(name, rng, index):
    def text(least=1, most=6):
        return " ".join(rng.choices(WORDS, k=rng.randint(least, most)))

    def options(count, labels="ABCDE"):
        return {"text": [f"{text()} {i}" for i in range(count)], "label": list(labels[:count])}

    if name in ("arc_easy", "arc_challenge"):
        labels = rng.choice(["ABCDE", "12345"])
        choices = options(rng.choice([3, 4, 5]), labels)
        return {"id": f"{name}_{index}", "question": text(), "choices": choices, "answerKey": rng.choice(choices["label"])}
    if name == "boolq":
        return {"question": text().lower(), "passage": text(8, 12), "idx": index, "label": rng.randint(0, 1)}
    if name in ("csqa", "openbookqa"):
        question = {"question": text()} if name == "csqa" else {"question_stem": text()}
        choices = options(5 if name == "csqa" else 4)
        return {"id": f"{index}-{index}", **question, "choices": choices, "answerKey": rng.choice(choices["label"])}
    if name == "hellaswag":
        headed = f"[header] {text()} [title] {text()}. [title] {text()} [step]  {text()}"
        context = {"ctx_a": headed, "ctx_b": ""} if index % 2 else {"ctx_a": text(), "ctx_b": text()}
        endings = [f"{text()} [substeps] {text()}. [title] {i}" for i in range(4)]
        named = {"ind": index, "activity_label": text(1, 2), "source_id": f"wikihow~{index}"}
        return {**named, **context, "endings": endings, "label": str(rng.randint(0, 3))}
    if name == "piqa":
        return {"goal": text(), "sol1": text(), "sol2": text(), "label": rng.randint(0, 1)}
    if name == "socialiqa":
        answers = {f"answer{letter}": text() for letter in "ABC"}
        return {"context": f"{text()}.", "question": f"{text()}?", **answers, "label": str(rng.randint(1, 3))}
    if name == "winogrande":
        sentence = f"_'s {text()}" if index % 3 == 0 else f"{text()} _ {text()} "
        return {"sentence": sentence, "option1": text(1, 2), "option2": text(1, 2), "answer": rng.choice("12")}
    question = f" {text()}\n" if index % 2 else text()
    return {"question": question, "subject": "anatomy", "choices": [text() for _ in range(4)], "answer": rng.randint(0, 3)}


def copies(rows):
    """The standard's code writes to the rows that it reads."""
    return json.loads(json.dumps(rows))


def task_of(standard, name, form, shots):
    module, rc, mc, key, _, _ = TASKS[name]
    module = standard(module)
    if key is None:
        create = module.create_task("anatomy", choice_labels=None if form == "rc" else True)
    else:
        create = getattr(module, rc if form == "rc" else mc)
        module.STD_FEWSHOT[key] = copies(shots)
    task = create()
    task._dataset = {"dev": copies(shots)}
    return task


def asked(task, rows):
    """[requests, gold] of each row."""
    for row in copies(rows):
        doc = task._process_doc(row) if type(task).__name__ != "WinograndeStd" else row
        context = task.fewshot_context(doc, num_fewshot=5, rnd=random.Random(0))
        requests = [list(request.args) for request in task.construct_requests(doc, context)]
        prompt = getattr(task, "unconditioned_prompt", lambda: None)()
        yield requests, prompt, int(doc["answer"]) - 1 if "gold" not in doc else doc["gold"]


#: What the standard compares choices by without their question, of the tasks of the form rc (catwalk_tasks.py).
UNCONDITIONED = ("arc_challenge", "csqa", "openbookqa")


def digest(value):
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def key_of(row, columns, is_digest):
    texts = [str(row[column]) for column in columns]
    if not is_digest:
        return " ".join(texts)
    return hashlib.sha256("\n".join(" ".join(text.split()) for text in texts).encode()).hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--olmo-eval", type=Path, required=True)
    parser.add_argument("--catwalk", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    standard = load_standard(options.olmo_eval, options.catwalk)
    known = copies(standard("std_fewshot").STD_FEWSHOT)
    written = {}
    for name, (_, _, _, key, columns, is_digest) in TASKS.items():
        rng = random.Random(name)
        shots, rows = ([made_row(name, rng, index) for index in range(count)] for count in (6, 4))
        keys = [key_of(row, columns, is_digest) for row in known[key]] if key else []
        tasks = {}
        for form in ("rc", "mc"):
            documents, golds = [], []
            for requests, prompt, gold in asked(task_of(standard, name, form, shots), rows):
                bare = [[prompt, continuation] for _, continuation in requests]
                documents.append(requests + (bare if form == "rc" and name in UNCONDITIONED else []))
                golds.append(gold)
            tasks[form] = digest([documents, golds])
        written[name] = {"shots": shots, "rows": rows, "keys": digest(keys), **tasks}
    lines = (f" {json.dumps(name)}: {json.dumps(made, ensure_ascii=False)}" for name, made in written.items())
    options.output.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
