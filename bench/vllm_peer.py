"""vLLM's side of the benchmark on a GPU: all requests of a task at once, scored by `prompt_logprobs`, in batches that vLLM
makes itself.

    python bench/vllm_peer.py MODEL_FOLDER REQUESTS_FOLDER DEVICE DTYPE THREADS

The requests are those of transformers_peer.py, in the same tokens; torch_peer.py describes the questions, of which the
batch size says nothing here.
"""

import functools
import itertools
import time
import types

import torch_peer  # First: it takes stdout for the answers.
import torch
import transformers
import transformers_peer
import vllm

# hon-eval's model is on the same GPU.
MEMORY_SHARE = 0.45


@functools.cache
def window():
    return transformers.AutoConfig.from_pretrained(transformers_peer.MODEL).max_position_embeddings


@functools.cache
def model():
    return vllm.LLM(
        model=transformers_peer.MODEL,
        dtype=transformers_peer.DTYPE,
        max_model_len=window(),
        gpu_memory_utilization=MEMORY_SHARE,
    )


def time_task(task, documents, batch_size):
    del batch_size
    pairs = list(itertools.chain.from_iterable(transformers_peer.documents_of(task)[:documents]))
    started = time.perf_counter()
    requests = transformers_peer.encode(pairs)
    encoded = time.perf_counter()
    # One token has to be written, for which there must be room.
    fed = [(context + targets)[-(window() - 1) :] for context, targets in requests]
    prompts = [{"prompt_token_ids": ids} for ids in fed]
    sampling = vllm.SamplingParams(temperature=0, prompt_logprobs=1, max_tokens=1, detokenize=False)
    outputs = model().generate(prompts, sampling, use_tqdm=False)
    scores = [
        sum(of_token[token].logprob for token, of_token in zip(targets, output.prompt_logprobs[-len(targets) :]))
        for (_, targets), output in zip(requests, outputs)
    ]
    timing = {"seconds": time.perf_counter() - started, "tokenizing": encoded - started}
    return {"timing": timing, "logLikelihoods": scores}


if __name__ == "__main__":
    model()
    device = torch.device(transformers_peer.DEVICE)
    described = types.SimpleNamespace(device=device, dtype=getattr(torch, transformers_peer.DTYPE))
    torch_peer.answer_questions(described, {"vllm": vllm.__version__}, time_task)
