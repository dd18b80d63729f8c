"""Compares hon-eval's tokens with Python's, on real rows and on random Unicode strings.

    python test/python/tokenizer_agreement.py FOLDER... [--data DIR] [--random 20000] [--model-type llama]

Each FOLDER has a tokenizer.json, and may have a tokenizer_config.json and a config.json. Two tokenizers are made of it:
tokenizer.json as it is, with `tokenizers`, and the whole folder with transformers' AutoTokenizer. For both the ids of
every text, with special tokens and without, and the text that the ids are decoded to, with special tokens and without,
are compared with those of test/python/tokenizer_ids.ts.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tokenizers import Tokenizer
from transformers import AutoTokenizer
from transformers.utils import logging

ROOT = Path(__file__).parents[2]
PIECES = [
    *["a", "the", "Wheat", "'s", "'ll", "don't", " ", " ", "  ", "     ", "\n", "\n\n", "\r\n", "\t", "\u00a0", "\u3000"],
    *["\u0085", "\u2028", "\u200b", "\ufeff", "\x00", "1", "12", "2024", "٣", "½", "²", ".", "...", "!?", "_", "-", "▁", "▁▁"],
    *["é", "e\u0301", "\u0323\u0307", "한국", "ᄒ", "麦子", "。", "Зерно", "ß", "ﬁ", "İ", "Σ", "👩\u200d🌾", "🇫🇷", "𝒳", "\ufffd"],
    *["<s>", "</s>", "<unk>", "<0x41>", "<bos>", "<|endoftext|>", "<|im_start|>", "[INST]", "<|end", "def f(x):\n    return"],
]


def rows_of(folder):
    """Every text in the rows of a folder's JSONL files."""

    def strings(value):
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            for each in value.values() if isinstance(value, dict) else value:
                yield from strings(each)

    seen = set()
    for path in sorted(Path(folder).glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").rstrip("\n").split("\n"):
            for text in strings(json.loads(line)):
                if text not in seen:
                    seen.add(text)
                    yield text


def random_texts(count, draw):
    def character():
        return chr(draw.choice([draw.randrange(0x20, 0x7F), draw.randrange(0x20, 0xD800), draw.randrange(0xE000, 0x110000)]))

    for _ in range(count):
        length = draw.randint(1, 12)
        yield "".join(draw.choice(PIECES) if draw.random() < 0.7 else character() for _ in range(length))


def expected(tokenizer, text):
    """Ids with special tokens, ids without, and what the former are decoded to with special tokens and without."""
    if isinstance(tokenizer, Tokenizer):
        ids = tokenizer.encode(text).ids
        plain = tokenizer.encode(text, add_special_tokens=False).ids
    else:
        ids = tokenizer.encode(text)
        plain = tokenizer.encode(text, add_special_tokens=False)
    decoded = [tokenizer.decode(ids, skip_special_tokens=skip) for skip in (False, True)]
    return [ids, plain, *decoded]


def compare(name, tokenizer, folder, texts):
    command = [str(ROOT / "node_modules" / ".bin" / "node"), str(ROOT / "test" / "python" / "tokenizer_ids.ts"), str(folder)]
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    answers = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    if answers.returncode != 0:
        print(f"{name}: {answers.stderr.strip().splitlines()[-1][:300]}")
        return False
    wrong = [0, 0, 0, 0]
    examples = []
    for text, line in zip(texts, answers.stdout.rstrip("\n").split("\n"), strict=True):
        for i, (ours, theirs) in enumerate(zip(json.loads(line), expected(tokenizer, text), strict=True)):
            if ours != theirs:
                wrong[i] += 1
                if len(examples) < 4:
                    examples.append((i, text, ours, theirs))
    kinds = ["ids", "ids without special tokens", "decoded", "decoded without special tokens"]
    print(f"{name}: {len(texts)} texts, " + ", ".join(f"{count} {kind}" for count, kind in zip(wrong, kinds)) + " differ")
    for i, text, ours, theirs in examples:
        print(f"    {kinds[i]} of {text[:80]!r}:\n      hon-eval {str(ours)[:160]!r}\n      Python   {str(theirs)[:160]!r}")
    return not any(wrong)


def main():
    parser = argparse.ArgumentParser(description="Compare hon-eval's tokens with Python's.")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, help="a folder of JSONL files whose texts are encoded")
    parser.add_argument("--random", type=int, default=20_000, help="random strings")
    parser.add_argument("--every", type=int, default=1, help="take every n-th text of the data")
    parser.add_argument("--model-type", default="llama", help="model_type where there is no config.json")
    options = parser.parse_args()
    logging.set_verbosity_error()
    draw = random.Random(0)
    texts = list(random_texts(options.random, draw))
    if options.data:
        texts += list(rows_of(options.data))[:: options.every]
    agrees = True
    for folder in options.folders:
        with tempfile.TemporaryDirectory() as copy:
            alone = Path(copy) / "alone"
            alone.mkdir()
            shutil.copyfile(folder / "tokenizer.json", alone / "tokenizer.json")
            plain = Tokenizer.from_file(str(alone / "tokenizer.json"))
            plain.no_truncation()
            plain.no_padding()
            agrees &= compare(f"{folder.name}, tokenizer.json", plain, alone, texts)
            whole = Path(copy) / "whole"
            shutil.copytree(folder, whole)
            if not (whole / "config.json").exists():
                (whole / "config.json").write_text(json.dumps({"model_type": options.model_type}))
            auto = AutoTokenizer.from_pretrained(whole)
            agrees &= compare(f"{folder.name}, AutoTokenizer ({type(auto).__name__})", auto, whole, texts)
    sys.exit(0 if agrees else 1)


if __name__ == "__main__":
    main()
