"""What lm-evaluation-harness asks of a model, from its own code, for rows in local files.

    python test/python/lm_eval_requests.py --data FOLDER [--tokenizer FILE_OR_FOLDER] [--dump FOLDER] [TASK ...]

FOLDER holds `<task>.jsonl` in the schema of the hub's data set; without TASK those of the paper's six that
have a file are taken.
Prints one JSON object, `{task: {documents, requests, docs, tokens}}`: the number of documents and three SHA-256 sums,
each over one line a document (ended by a newline, UTF-8, JSON without spaces):

    requests  [[[context, continuation], ...], target]
    docs      the row as its `doc_hash` sees it (`json.dumps(doc, indent=2, ensure_ascii=False)`), as a JSON string
    tokens    [[context ids, continuation ids], ...]; only with a tokenizer

Two implementations with equal sums agree in every byte and every token. `--dump` writes the lines, for a diff when
they do not. Needs lm-eval and transformers; nothing is downloaded.

For other scripts: `load_task`, `documents`, `tokenizer_model`, `encode`.
"""

import argparse
import hashlib
import importlib.machinery
import json
import sys
import types
from pathlib import Path

import datasets
import transformers


def stand_in_for_accelerate():
    """lm-eval's `hf` model imports accelerate, which neither tokenizing nor one CPU needs."""
    try:
        import accelerate  # noqa: F401
    except ImportError:
        for name in ("accelerate", "accelerate.utils"):
            module = types.ModuleType(name)
            module.__spec__ = importlib.machinery.ModuleSpec(name, None)
            for attribute in ("Accelerator", "InitProcessGroupKwargs", "find_executable_batch_size", "get_max_memory"):
                setattr(module, attribute, None)
            sys.modules[name] = module


stand_in_for_accelerate()

from lm_eval.models.huggingface import HFLM  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402

PAPER = ("arc_challenge", "arc_easy", "hellaswag", "logiqa", "piqa", "sciq")


def load_task(name, data, manager=None):
    """lm-eval's task object, every split of its data set replaced by the rows of `<data>/<name>.jsonl`, or by those of
    `<data>/<name>.<split>.jsonl` where there are some."""

    def rows(path):
        lines = path.read_text(encoding="utf-8").split("\n")
        return datasets.Dataset.from_list([json.loads(line) for line in lines if line.strip()])

    paths = {split: Path(data, f"{name}.{split}.jsonl") for split in ("train", "dev", "validation", "test")}
    scored = rows(Path(data, f"{name}.jsonl"))
    splits = datasets.DatasetDict({split: rows(path) if path.exists() else scored for split, path in paths.items()})
    original = datasets.load_dataset
    datasets.load_dataset = lambda *args, **kwargs: splits
    try:
        loaded = (manager or TaskManager()).load([name])
    finally:
        datasets.load_dataset = original
    return loaded["tasks"][name]


def documents(task, limit=None):
    """`(doc_id, doc, target, [(context, continuation), ...])` for each document, in the data set's order."""
    task.build_all_requests(limit=limit, rank=0, world_size=1)
    grouped = {}
    for instance in task.instances:
        grouped.setdefault(instance.doc_id, []).append(instance)
    for doc_id, instances in sorted(grouped.items()):
        doc = instances[0].doc
        pairs = [instance.args for instance in sorted(instances, key=lambda instance: instance.idx)]
        yield doc_id, doc, str(task.doc_to_target(doc)), pairs


def tokenizer_model(path):
    """lm-eval's `hf` model without a model: a tokenizer and the code that cuts requests into tokens."""
    model = HFLM.__new__(HFLM)
    if Path(path).is_dir():
        model.tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    else:
        special = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
        model.tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(path), **special)
    model.add_bos_token = None
    model.custom_prefix_token_id = None
    model.enable_thinking = None
    model.backend = "causal"
    model._loglikelihood_tokens = lambda requests, **_: [(context, tokens) for _, context, tokens in requests]
    return model


def encode(model, pairs):
    """`[[context ids, continuation ids], ...]` of one document, by lm-eval's `loglikelihood` and `_encode_pair`."""
    requests = [types.SimpleNamespace(args=pair) for pair in pairs]
    return [[list(context), list(tokens)] for context, tokens in model.loglikelihood(requests, disable_tqdm=True)]


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def lines_of(task, model):
    lines = {"requests": [], "docs": [], "tokens": []}
    for _, doc, target, pairs in documents(task):
        lines["requests"].append(compact([pairs, target]))
        lines["docs"].append(compact(json.dumps(doc, indent=2, ensure_ascii=False)))
        if model:
            lines["tokens"].append(compact(encode(model, pairs)))
    return lines


def digest(lines):
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*")
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--dump", type=Path)
    arguments = parser.parse_args()

    manager = TaskManager()
    names = arguments.tasks or [name for name in PAPER if Path(arguments.data, f"{name}.jsonl").exists()]
    model = tokenizer_model(arguments.tokenizer) if arguments.tokenizer else None
    sums = {}
    for name in names:
        lines = lines_of(load_task(name, arguments.data, manager), model)
        sums[name] = {"documents": len(lines["docs"])} | {key: digest(part) for key, part in lines.items() if part}
        if arguments.dump:
            arguments.dump.mkdir(parents=True, exist_ok=True)
            for key, part in lines.items():
                Path(arguments.dump, f"{name}.{key}").write_text("".join(line + "\n" for line in part), encoding="utf-8")
    print(json.dumps(sums, indent=2))


if __name__ == "__main__":
    main()
