"""lm-evaluation-harness's side of the benchmarks: its own tasks and its own `hf` model.

    python bench/lm_eval_peer.py MODEL_FOLDER DATA_FOLDER DEVICE DTYPE THREADS [SHOTS]

torch_peer.py describes the questions; `batchSize` may be `auto`.
"""

import functools
import logging
import sys
import time
from pathlib import Path

import torch_peer  # First: it takes stdout for the answers.
import lm_eval
import torch
import transformers

sys.path.insert(0, str(Path(__file__).parents[1] / "test" / "python"))
from lm_eval_requests import load_task  # noqa: E402  It also stands in for accelerate.
from lm_eval.models import huggingface  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402

MODEL, DATA, DEVICE, DTYPE, THREADS = sys.argv[1:6]
SHOTS = int(sys.argv[6]) if len(sys.argv) > 6 else 0


def find_executable_batch_size(starting_batch_size):
    """In place of accelerate's, for `batch_size="auto"`: that one halves the size when a device runs out of memory, but
    a process on a CPU is ended rather than told, so the first size is the one."""
    return lambda forward: lambda: forward(starting_batch_size)


@functools.cache
def model():
    return torch_peer.load_model(MODEL, DEVICE, DTYPE)


@functools.cache
def language_model(batch_size):
    """lm-evaluation-harness's model; `lm.encoded_at` is when the last requests were in tokens."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL)
    lm = huggingface.HFLM(pretrained=model(), tokenizer=tokenizer, batch_size=batch_size, device=DEVICE)
    score = lm._loglikelihood_tokens

    def noted(*args, **kwargs):
        lm.encoded_at = time.perf_counter()
        return score(*args, **kwargs)

    lm._loglikelihood_tokens = noted
    return lm


@functools.cache
def task_manager():
    """One for all tasks: it reads every task file there is."""
    return TaskManager()


@functools.cache
def task_object(name):
    task = load_task(name, DATA, task_manager())
    task.set_config("num_fewshot", SHOTS)
    task.set_fewshot_seed(seed=1234)
    return task


def time_task(task, documents, batch_size):
    loaded = task_object(task)
    loaded.build_all_requests(limit=documents, rank=0, world_size=1)
    lm = language_model(batch_size)
    started = time.perf_counter()
    scores = lm.loglikelihood(loaded.instances, disable_tqdm=True)
    seconds = time.perf_counter() - started
    timing = {"seconds": seconds, "tokenizing": lm.encoded_at - started}
    return {"timing": timing, "logLikelihoods": [likelihood for likelihood, _ in scores]}


if __name__ == "__main__":
    # It warns that a model which is loaded already takes no loading options.
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    torch.set_num_threads(int(THREADS))
    if DEVICE == "cpu":
        huggingface.find_executable_batch_size = find_executable_batch_size
    torch_peer.answer_questions(model(), {"lm-eval": lm_eval.__version__}, time_task)
