"""lm-evaluation-harness's side of the benchmark: its own `hf` model in float32.

    python bench/lm_eval_peer.py MODEL_FOLDER DATA_FOLDER THREADS

Introduces itself, then answers questions, one line of JSON each: `{"task", "documents", "batchSize"}` times
`loglikelihood` on a task's first documents, and `{"product": true}` the machine's plain matrix product.
"""

import functools
import json
import logging
import statistics
import sys
import time
from pathlib import Path

# lm-evaluation-harness prints; only answers may go to the real stdout.
answers, sys.stdout = sys.stdout, sys.stderr

import lm_eval  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402

sys.path.insert(0, str(Path(__file__).parents[1] / "test" / "python"))
from lm_eval_requests import load_task  # noqa: E402  It also stands in for accelerate.
from lm_eval.models import huggingface  # noqa: E402
from reference import load_model, task_manager  # noqa: E402

MODEL, DATA, THREADS = sys.argv[1:]


def find_executable_batch_size(starting_batch_size):
    """In place of accelerate's, for `batch_size="auto"`: that one halves the size when a device runs out of memory, but
    a process on a CPU is ended rather than told, so the first size is the one."""
    return lambda forward: lambda: forward(starting_batch_size)


huggingface.find_executable_batch_size = find_executable_batch_size


@functools.cache
def model():
    return load_model(MODEL)


@functools.cache
def language_model(batch_size):
    """lm-evaluation-harness's model; `lm.encoded_at` is when the last requests were in tokens."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL)
    lm = huggingface.HFLM(pretrained=model(), tokenizer=tokenizer, batch_size=batch_size, device="cpu")
    score = lm._loglikelihood_tokens

    def noted(*args, **kwargs):
        lm.encoded_at = time.perf_counter()
        return score(*args, **kwargs)

    lm._loglikelihood_tokens = noted
    return lm


@functools.cache
def task_object(name):
    return load_task(name, DATA, task_manager())


def time_task(task, documents, batch_size):
    loaded = task_object(task)
    loaded.build_all_requests(limit=documents, rank=0, world_size=1)
    lm = language_model(batch_size)
    started = time.perf_counter()
    scores = lm.loglikelihood(loaded.instances, disable_tqdm=True)
    seconds = time.perf_counter() - started
    timing = {"seconds": seconds, "tokenizing": lm.encoded_at - started}
    return {"timing": timing, "logLikelihoods": [likelihood for likelihood, _ in scores]}


@torch.inference_mode()
def product():
    """Seconds of a [1024, 2048] x [2048, 2048] product, the median of 20."""
    x, weight = torch.rand(1024, 2048), torch.rand(2048, 2048)
    seconds = []
    for _ in range(20):
        started = time.perf_counter()
        x @ weight
        seconds.append(time.perf_counter() - started)
    return {"seconds": statistics.median(seconds)}


def answer(value):
    print(json.dumps(value), file=answers, flush=True)


def main():
    # It warns that a model which is loaded already takes no loading options.
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    torch.set_num_threads(int(THREADS))
    model()
    versions = {"lm-eval": lm_eval.__version__, "torch": torch.__version__, "transformers": transformers.__version__}
    answer({"versions": versions})
    for line in sys.stdin:
        question = json.loads(line)
        if "task" in question:
            answer(time_task(question["task"], question["documents"], question["batchSize"]))
        else:
            answer(product())


main()
