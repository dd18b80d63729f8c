"""What the Python sides of the benchmarks share: a model on a device, the plain matrix product, and their questions.

A side introduces itself when its model is loaded, then answers questions, one line of JSON each: `{"task", "documents",
"batchSize"}` times scoring a task's first documents, `{"product": [m, k, n]}` a matrix product of that size. Where the
device has no memory for a question the answer is `{"outOfMemory": true}`.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

# Libraries print, and so do processes that they start; only answers may go to the real stdout.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import torch  # noqa: E402
import transformers  # noqa: E402

sys.path.insert(0, str(Path(__file__).parents[1] / "src" / "checkpoint"))
import modeling_hon  # noqa: E402

def load_model(folder, device, dtype):
    """transformers' own class, or the one of modeling_hon.py where config.json has a `hon` key."""
    config = json.loads(Path(folder, "config.json").read_text())
    kind = getattr(modeling_hon, config["architectures"][0]) if config.get("hon") else transformers.AutoModelForCausalLM
    return kind.from_pretrained(folder, dtype=getattr(torch, dtype)).to(device).eval()


@torch.inference_mode()
def time_product(size, device, dtype):
    """Seconds of an [m, k] x [k, n] product, the median of 20."""
    rows, inner, columns = size
    x, weight = (torch.rand(shape, device=device).to(dtype) for shape in ((rows, inner), (inner, columns)))
    seconds = []
    for _ in range(20):
        wait_for(device)
        started = time.perf_counter()
        x @ weight
        wait_for(device)
        seconds.append(time.perf_counter() - started)
    return {"seconds": statistics.median(seconds)}


def wait_for(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def answer(value):
    print(json.dumps(value), file=answers, flush=True)


def answer_questions(model, versions, time_task):
    """Until stdin ends. `time_task(task, documents, batch_size)` gives {"timing", "logLikelihoods"}."""
    answer({"versions": {**versions, "torch": torch.__version__, "transformers": transformers.__version__}})
    for line in sys.stdin:
        question = json.loads(line)
        try:
            if "product" in question:
                answer(time_product(question["product"], model.device, model.dtype))
            else:
                answer(time_task(question["task"], question["documents"], question["batchSize"]))
        except torch.OutOfMemoryError:
            answer({"outOfMemory": True})
