"""Makes a checkpoint of a Pythia shape with random weights."""

import argparse
import sys
from pathlib import Path

import torch
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

sys.path.insert(0, str(Path(__file__).parents[1] / "test" / "python"))
from recipe import write_tokenizer  # noqa: E402

# Width, layers, heads.
SHAPES = {"70m": (512, 6, 8), "160m": (768, 12, 12), "410m": (1024, 24, 16), "1b": (2048, 16, 8)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("dtype", choices=("float32", "float16", "bfloat16"))
    make(**vars(parser.parse_args()))


def make(shape, folder, tokenizer, dtype):
    width, layers, heads = SHAPES[shape]
    torch.manual_seed(0)
    config = GPTNeoXConfig(
        vocab_size=50304,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
        max_position_embeddings=2048,
        rope_parameters={"rope_type": "default", "rope_theta": 10000, "partial_rotary_factor": 0.25},
        # Larger than a fresh model's, for attention that is not nearly uniform, and the same gain at every width.
        initializer_range=1.13 * width**-0.5,
        bos_token_id=0,
        eos_token_id=0,
    )
    # Under another name until it is whole, so that a run that was stopped leaves nothing that looks like a checkpoint.
    unfinished = folder.with_suffix(".part")
    GPTNeoXForCausalLM(config).to(getattr(torch, dtype)).save_pretrained(unfinished)
    write_tokenizer(unfinished, tokenizer)
    unfinished.rename(folder)


if __name__ == "__main__":
    main()
