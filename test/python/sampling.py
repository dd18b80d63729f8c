"""Writes test/fixtures/sampling.json: what transformers' logits warpers leave of made-up logits.

    python test/python/sampling.py --output test/fixtures/sampling.json

Each case has the seed and size of its logits (made by the formula of `made_logits`, which test/harness/generate/sampling.test.ts
has too), the settings, and what stays: [logit, probability], largest first, as of equal logits any may stay.
"""

import argparse
import json

import torch
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

SETTINGS = [
    {"temperature": 1.0, "topP": 1.0, "topK": 0},
    {"temperature": 0.6, "topP": 0.95, "topK": 0},
    {"temperature": 0.6, "topP": 0.95, "topK": 20},
    {"temperature": 1.5, "topP": 1.0, "topK": 5},
    {"temperature": 0.2, "topP": 0.5, "topK": 0},
    {"temperature": 1.0, "topP": 0.001, "topK": 0},
    {"temperature": 2.0, "topP": 0.8, "topK": 1000},
]


def made_logits(seed, size):
    """Numbers from -8 to 8 in steps of 1/16, many of them equal: exact in float32 in both languages."""
    return torch.tensor([((i * 7919 + seed * 104729) % 257 - 128) / 16 for i in range(size)], dtype=torch.float32)


def ties(seed, size):
    """Ten tokens that are all the most probable, and the others far below."""
    logits = made_logits(seed, size) - 10
    logits[3 : 3 + 10] = 4.0
    return logits


def kept(logits, settings):
    scores = logits[None]
    scores = TemperatureLogitsWarper(settings["temperature"])(None, scores)
    if settings["topK"] > 0:
        scores = TopKLogitsWarper(settings["topK"])(None, scores)
    if settings["topP"] < 1:
        scores = TopPLogitsWarper(settings["topP"])(None, scores)
    probabilities = scores[0].double().softmax(-1)
    return sorted(([z, p] for z, p in zip(logits.tolist(), probabilities.tolist()) if p > 0), reverse=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", required=True)
    cases = []
    for make, seed, size in [(made_logits, 1, 50), (made_logits, 2, 300), (ties, 3, 40)]:
        for settings in SETTINGS:
            case = {"logits": make.__name__, "seed": seed, "size": size, "settings": settings}
            cases.append({**case, "kept": kept(make(seed, size), settings)})
    with open(parser.parse_args().output, "w") as file:
        json.dump(cases, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
