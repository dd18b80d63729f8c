"""The other side of the benchmark on a GPU where lm-evaluation-harness cannot be imported: transformers driven as its
`hf` model drives it. Requests longest first, right-padded, without an attention mask, log-softmax of all logits in the
model's type. What that harness does request by request is done for a whole batch at once here: tokenizing, gathering
the log-probabilities, waiting for the device.

    python bench/transformers_peer.py MODEL_FOLDER REQUESTS_FOLDER DEVICE DTYPE THREADS

REQUESTS_FOLDER holds `<task>.json`, for each document the list of its [context, continuation] pairs. torch_peer.py
describes the questions.
"""

import functools
import itertools
import json
import sys
import time
from pathlib import Path

import torch_peer  # First: it takes stdout for the answers.
import torch
import transformers
from torch.nn.utils.rnn import pad_sequence

MODEL, REQUESTS, DEVICE, DTYPE, THREADS = sys.argv[1:]


@functools.cache
def model():
    return torch_peer.load_model(MODEL, DEVICE, DTYPE)


@functools.cache
def tokenizer():
    return transformers.AutoTokenizer.from_pretrained(MODEL)


@functools.cache
def documents_of(task):
    return json.loads(Path(REQUESTS, f"{task}.json").read_text(encoding="utf-8"))


def time_task(task, documents, batch_size):
    pairs = list(itertools.chain.from_iterable(documents_of(task)[:documents]))
    started = time.perf_counter()
    requests = encode(pairs)
    encoded = time.perf_counter()
    scores = score(requests, int(batch_size))
    timing = {"seconds": time.perf_counter() - started, "tokenizing": encoded - started}
    return {"timing": timing, "logLikelihoods": scores}


def encode(pairs):
    """[(context ids, continuation ids)]: the continuation is what both together have beyond the context's own tokens,
    and whitespace at the context's end is the continuation's."""
    contexts = [context.rstrip() for context, _ in pairs]
    wholes = [context + continuation for context, continuation in pairs]
    encoded = zip(tokenizer()(contexts)["input_ids"], tokenizer()(wholes)["input_ids"])
    return [(context, whole[len(context) :]) for context, whole in encoded]


def score(requests, batch_size):
    """Log-likelihoods in the order of the requests."""
    longest_first = sorted(range(len(requests)), key=lambda i: -sum(map(len, requests[i])))
    scores = [0.0] * len(requests)
    for start in range(0, len(requests), batch_size):
        indices = longest_first[start : start + batch_size]
        for index, likelihood in zip(indices, score_batch([requests[i] for i in indices])):
            scores[index] = likelihood
    return scores


@torch.inference_mode()
def score_batch(requests):
    window = model().config.max_position_embeddings
    fed = [torch.tensor((context + targets)[-(window + 1) :][:-1]) for context, targets in requests]
    logits = model()(pad_sequence(fed, batch_first=True).to(DEVICE), use_cache=False).logits
    log_probs = logits.log_softmax(-1)
    rows, columns, tokens = [], [], []
    for row, (ids, (_, targets)) in enumerate(zip(fed, requests)):
        rows += [row] * len(targets)
        columns += range(len(ids) - len(targets), len(ids))
        tokens += targets
    picked = log_probs[tuple(torch.tensor((rows, columns, tokens), device=log_probs.device))].float().cpu()
    return [part.sum().item() for part in picked.split([len(targets) for _, targets in requests])]


if __name__ == "__main__":
    torch.set_num_threads(int(THREADS))
    torch_peer.answer_questions(model(), {}, time_task)
