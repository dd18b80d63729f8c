"""What Python says of a checkpoint on rows in local files: lm-evaluation-harness's own code and `hf` model in float32,
and transformers' float32 logits under a float64 log-softmax."""

import copy
import functools
import json
import sys
from pathlib import Path

import torch
from lm_eval_requests import load_task
from lm_eval import evaluator, utils
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
from transformers import AutoModelForCausalLM, AutoTokenizer

sys.path.insert(0, str(Path(__file__).parents[2] / "src" / "checkpoint"))
import modeling_hon  # noqa: E402

evaluator.add_env_info = lambda results: None  # half a minute of questions to the machine that nothing here reads
HASHES = ("doc_hash", "prompt_hash", "target_hash")


def load_model(folder):
    """transformers' own class, or the one of modeling_hon.py where config.json has a `hon` key."""
    config = json.loads(Path(folder, "config.json").read_text())
    kind = getattr(modeling_hon, config["architectures"][0]) if config.get("hon") else AutoModelForCausalLM
    return kind.from_pretrained(folder, dtype=torch.float32).eval()


def load_lm(folder, batch_size, softmax_dtype=None):
    """lm-evaluation-harness's `hf` model; `lm.encoded` then holds {(context, continuation): (ids, ids)}."""
    lm = HFLM(
        pretrained=load_model(folder),
        tokenizer=AutoTokenizer.from_pretrained(folder),
        batch_size=batch_size,
        device="cpu",
        softmax_dtype=softmax_dtype,
    )
    lm.encoded = {}
    score = lm._loglikelihood_tokens

    def recorded(requests, *args, **kwargs):
        lm.encoded |= {pair: (list(context), list(tokens)) for pair, context, tokens in requests}
        return score(requests, *args, **kwargs)

    lm._loglikelihood_tokens = recorded
    return lm


@functools.cache
def task_manager():
    """One for all tasks: it reads every task file there is."""
    return TaskManager()


@torch.no_grad()
def score(lm, context, continuation):
    """(log-likelihood, greedy) of one pair of token lists alone, without a batch or padding."""
    ids = (context + continuation)[-(lm.max_length + 1) :][:-1]
    count = len(continuation)
    logits = lm.model(torch.tensor([ids]), logits_to_keep=count).logits[0]
    targets = torch.tensor(continuation)
    likelihoods = logits.double().log_softmax(-1).gather(-1, targets[:, None])
    return likelihoods.sum().item(), bool((logits.argmax(-1) == targets).all())


def reference(lm, task, data, limit, lm_eval_only=False, **asked):
    """lm-evaluation-harness's results of a task, and its documents with both sets of figures, one a request."""
    manager = task_manager()
    evaluated = evaluator.simple_evaluate(
        model=lm,
        tasks=[load_task(task, data, manager)],
        task_manager=manager,
        limit=limit,
        **asked,
    )
    results = evaluated["results"][task]
    return {
        "results": {name.removesuffix(",none"): value for name, value in results.items() if name.endswith(",none")},
        "window": lm.max_length,
        "documents": [describe(lm, sample, lm_eval_only) for sample in evaluated["samples"][task]],
    }


@torch.no_grad()
def score_after(lm, context, continuations, batch_size=125):
    """(log-likelihood, greedy) of every continuation of one context, which they share the cache of."""
    assert len(context) + max(map(len, continuations)) <= lm.max_length
    cache = lm.model(torch.tensor([context[:-1]]), use_cache=True, logits_to_keep=1).past_key_values
    found = {}
    for count in {len(tokens) for tokens in continuations}:
        alike = list({tuple(tokens) for tokens in continuations if len(tokens) == count})
        for start in range(0, len(alike), batch_size):
            targets = torch.tensor(alike[start : start + batch_size])
            last = torch.full((len(targets), 1), context[-1])
            past = copy.deepcopy(cache)
            past.batch_repeat_interleave(len(targets))
            logits = lm.model(torch.cat([last, targets[:, :-1]], 1), past_key_values=past).logits
            likelihoods = logits.double().log_softmax(-1).gather(-1, targets[..., None]).sum((1, 2)).tolist()
            greedy = (logits.argmax(-1) == targets).all(1).tolist()
            found |= zip(alike[start : start + batch_size], zip(likelihoods, greedy))
    return [found[tuple(tokens)] for tokens in continuations]


def reference_of_requests(lm, documents):
    """transformers' figures of requests, a list of (context, continuation) pairs for each document;
    lm-evaluation-harness's code cuts them into tokens."""
    described = []
    for requests in documents:
        tokens = [lm._encode_pair(*pair) for pair in requests]
        [context] = {tuple(context) for context, _ in tokens}
        scores = score_after(lm, list(context), [continuation for _, continuation in tokens])
        described.append({"requests": requests, "tokens": tokens, "rolling": False, "lm_eval": [], "transformers": scores})
    return {"results": {}, "window": lm.max_length, "documents": described}


def windows(lm, text):
    """A whole text's (context, continuation) pairs, as `HFLM.loglikelihood_rolling` cuts them."""
    limits = {"prefix_token": lm.prefix_token_id, "max_seq_len": lm.max_length, "context_len": 1}
    rolling = utils.get_rolling_token_windows(token_list=lm.tok_encode(text), **limits)
    return [tuple(map(list, utils.make_disjoint_window(window))) for window in rolling]


def describe(lm, sample, lm_eval_only):
    pairs = [tuple(pair) for pair in sample["arguments"]]
    rolling = len(pairs[0]) == 1
    tokens = windows(lm, *pairs[0]) if rolling else [lm.encoded[pair] for pair in pairs]
    return {
        **{name: sample[name] for name in HASHES},
        **{name: sample[name] for name in ("acc", "acc_norm") if name in sample},
        "target": sample["target"],
        "rolling": rolling,
        "requests": pairs,
        "tokens": tokens,
        "lm_eval": [response for (response,) in sample["resps"]],
        "transformers": [] if lm_eval_only else [score(lm, *request) for request in tokens],
    }
