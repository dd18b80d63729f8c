"""Trains a retrofitted Qwen2 for two steps by transformers' Trainer and scores the outcome with hon-eval and PyTorch.

    npm run build
    python test/python/retrofit_training.py [--order 2] [--projections q,k] [--inner separate]

Needs torch, transformers and accelerate, and node on the path. Ends with an error unless the loss falls, every added
weight has moved, and each log-likelihood of the trained checkpoint is within 1e-4 of PyTorch's.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config, Qwen2ForCausalLM, Trainer, TrainingArguments

from fixtures import make_tokenizer

ROOT = Path(__file__).parents[2]
ROWS = ROOT / "test" / "fixtures" / "multihop"
TASK = "multihop_1"
TOLERANCE = 1e-4


def hon_eval(*args):
    return subprocess.run(["node", ROOT / "bin" / "run.js", *args], check=True, capture_output=True, text=True).stdout


def write_base(folder, tokenizer):
    """A small random Qwen2, as Qwen2.5 is built: grouped keys, biases, a head tied to the embedding."""
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=128,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    torch.manual_seed(0)
    Qwen2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def training_rows(tokenizer, count):
    lines = (ROWS / f"{TASK}.jsonl").read_text().splitlines()[:count]
    rows = (json.loads(line) for line in lines)
    texts = [" ".join([*row["facts"], row["question"]]) for row in rows]
    batch = tokenizer(texts, truncation=True, max_length=128)["input_ids"]
    return [{"input_ids": ids, "labels": ids} for ids in batch]


def train(folder, output):
    """Two steps on one batch; the losses of both, and of the batch after them."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.pad_token = tokenizer.eos_token
    model = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters() if ".hon." in name}
    rows = training_rows(tokenizer, 1)
    arguments = TrainingArguments(
        output_dir=str(output),
        max_steps=2,
        learning_rate=3e-3,
        lr_scheduler_type="constant",
        gradient_checkpointing=True,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
    )
    trainer = Trainer(model=model, args=arguments, train_dataset=rows, processing_class=tokenizer)
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    losses.append(trainer.evaluate(rows)["eval_loss"])
    after = dict(model.named_parameters())
    stuck = [name for name, value in before.items() if name.endswith("weight") and torch.equal(value, after[name])]
    assert not stuck, f"no gradient came to {stuck}"
    trainer.save_model(str(output))
    return losses


@torch.no_grad()
def log_likelihood(model, tokenizer, context, continuation):
    prefix = tokenizer(context)["input_ids"]
    whole = tokenizer(context + continuation)["input_ids"]
    logits = model(torch.tensor([whole])).logits[0, len(prefix) - 1 : -1]
    targets = torch.tensor(whole[len(prefix) :])
    return logits.double().log_softmax(-1).gather(-1, targets[:, None]).sum().item()


def compare(folder, output, limit):
    """The largest difference between hon-eval's log-likelihoods and PyTorch's, and how many there are."""
    hon_eval("run", "-m", folder, "-t", TASK, "--data", ROWS, "--limit", str(limit), "-o", output, "-q")
    (samples,) = output.glob(f"**/samples_{TASK}_*.jsonl")
    model = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    differences = []
    for sample in map(json.loads, samples.read_text().splitlines()):
        for request, (answer, _) in zip(sample["arguments"].values(), sample["filtered_resps"], strict=True):
            expected = log_likelihood(model, tokenizer, request["arg_0"], request["arg_1"])
            differences.append(abs(float(answer) - expected))
    return max(differences), len(differences)


def main():
    parser = argparse.ArgumentParser(description="Train and score a retrofitted checkpoint.")
    parser.add_argument("--order", default="2")
    parser.add_argument("--projections", default="q,k")
    parser.add_argument("--inner", default="separate")
    options = parser.parse_args()
    setting = ["--order", options.order, "--projections", options.projections, "--inner", options.inner]
    with tempfile.TemporaryDirectory() as name:
        base, start, trained, results = (Path(name) / part for part in ("base", "start", "trained", "results"))
        write_base(base, make_tokenizer())
        print(hon_eval("retrofit", "-m", base, *setting, "--out", start, "-q").strip())
        losses = train(start, trained)
        print("losses:", ", ".join(f"{loss:.4f}" for loss in losses))
        assert losses[0] > losses[1] > losses[2], "the loss does not fall"
        difference, count = compare(trained, results, limit=20)
        print(f"{count} log-likelihoods, the largest difference {difference:.1e}")
        assert difference < TOLERANCE, "hon-eval and PyTorch do not agree"


if __name__ == "__main__":
    main()
