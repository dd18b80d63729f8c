"""What lm-evaluation-harness asks about GPQA in a fresh run of that benchmark alone, for rows in a local CSV file.

    python test/python/gpqa_requests.py FILE.csv [gpqa_diamond_zeroshot]

Runs `lm_eval.simple_evaluate` itself, with a model that computes nothing, because the order of the choices comes from
Python's global random generator: it depends on all that draws from it between the start of a run and `process_docs`.
The rows are loaded as the hub's are, into a cache on disk, from which `datasets` takes a second `map` of them.
Prints the JSON that `lm_eval_requests.py` prints. Needs lm-eval; nothing is downloaded.
"""

import hashlib
import json
import os
import sys
import tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import datasets  # noqa: E402
import lm_eval  # noqa: E402


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def digest(lines):
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


def samples_of(file, task, cache):
    load = datasets.load_dataset
    datasets.load_dataset = lambda *args, **kwargs: load("csv", data_files={"train": file}, cache_dir=cache)
    results = lm_eval.simple_evaluate(model="dummy", tasks=[task], log_samples=True, bootstrap_iters=0)
    return results["samples"][task]


def main():
    file, task = (sys.argv[1:] + ["gpqa_diamond_zeroshot"])[:2]
    with tempfile.TemporaryDirectory() as cache:
        samples = samples_of(file, task, cache)
    pairs = [[list(arguments) for arguments in sample["arguments"]] for sample in samples]
    requests = [compact([pair, sample["target"]]) for pair, sample in zip(pairs, samples)]
    docs = [compact(json.dumps(sample["doc"], indent=2, ensure_ascii=False)) for sample in samples]
    sums = {"documents": len(samples), "requests": digest(requests), "docs": digest(docs)}
    print(json.dumps({task.removesuffix("_zeroshot"): sums}, indent=2))


if __name__ == "__main__":
    main()
