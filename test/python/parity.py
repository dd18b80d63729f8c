"""Compares hon-eval with lm-evaluation-harness and transformers, request by request; docs/parity.md says more.

    python test/python/parity.py --data FOLDER --tokenizer tokenizer.json --work FOLDER

makes a random checkpoint of Pythia-70M's shape, scores the first documents of every `<task>.jsonl` in the data folder
with all three, prints the largest differences per task, and exits 1 where one is too large.
"""

import argparse
import json
import math
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

REPOSITORY = Path(__file__).resolve().parents[2]
KNOWN = ("arc_challenge", "arc_easy", "hellaswag", "logiqa", "piqa", "sciq")
OWN = ("aime24", "math_500")  # that lm-evaluation-harness has no log-likelihoods of: their requests are hon-eval's
HASHES = ("doc_hash", "prompt_hash", "target_hash")
TRANSFORMERS_TOLERANCE = 1e-4
A_TOKEN_TOLERANCE = 1e-6  # more for each token of the continuation, whose rounding errors add up
DRIFT_TOLERANCE = 1e-6  # a token, on average: float32 rounds to both sides, a sum that loses something to one
PERPLEXITY_TOLERANCE = 1e-5  # of the perplexity
LM_EVAL_TOLERANCE = 2e-5  # more for each token of the continuation: its log-softmax is taken in float32


def make_checkpoint(folder, tokenizer, seed=0):
    """Pythia-70M's shape, random; weights larger than usual, for attention that is not nearly uniform."""
    import torch
    from recipe import write_tokenizer
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    torch.manual_seed(seed)
    config = GPTNeoXConfig(
        vocab_size=50304,
        hidden_size=512,
        num_hidden_layers=6,
        num_attention_heads=8,
        intermediate_size=2048,
        max_position_embeddings=2048,
        rope_parameters={"rope_type": "default", "rope_theta": 10000, "partial_rotary_factor": 0.25},
        initializer_range=0.05,
        bos_token_id=0,
        eos_token_id=0,
    )
    GPTNeoXForCausalLM(config).save_pretrained(folder)
    write_tokenizer(folder, tokenizer)


def narrowed(model, window, work):
    """The same checkpoint with another `max_position_embeddings`."""
    folder = work / f"{model.name}-{window}"
    folder.mkdir(parents=True, exist_ok=True)
    for file in model.iterdir():
        target = folder / file.name
        if file.name != "config.json" and not target.exists():
            target.symlink_to(file)
    config = json.loads((model / "config.json").read_text()) | {"max_position_embeddings": window}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


class References:
    """What Python says of each task, computed once and kept in the work folder."""

    def __init__(self, options, model):
        self.options, self.model, self.lm = options, model, None

    def of(self, task, requests=None):
        """reference.reference(...), or that of given requests."""
        options = self.options
        asked = f"{options.shots}-shots" + ("-chat" if options.chat else "") + ("-multiturn" if options.multiturn else "")
        asked += f"-{options.softmax}" if options.softmax else ""
        kind = "" if requests is None else "-requests"
        file = options.work / "reference" / f"{self.model.name}-{task}-{options.limit}-{asked}{kind}.json"
        if not file.exists():
            import reference

            self.lm = self.lm or reference.load_lm(self.model, options.batch_size, options.softmax)
            start = time.monotonic()
            if requests is None:
                how = asked_by(options)
                result = reference.reference(self.lm, task, options.data, options.limit, options.lm_eval_only, **how)
            else:
                result = reference.reference_of_requests(self.lm, requests)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(result))
            print(f"{task}: reference in {time.monotonic() - start:.0f} s", file=sys.stderr)
        return json.loads(file.read_text())


def asked_by(options):
    """How `simple_evaluate` is to ask."""
    return {
        "num_fewshot": options.shots or None,
        "apply_chat_template": options.chat,
        "fewshot_as_multiturn": options.multiturn,
        "system_instruction": options.system,
    }


def run_hon_eval(options, model, tasks):
    """Folder with the files of a new run."""
    output = options.work / "hon-eval" / time.strftime("%Y%m%dT%H%M%S")
    flags = ["--model", model, "--tasks", ",".join(tasks), "--data", options.data, "--limit", options.limit]
    flags += ["--num-fewshot", options.shots] if options.shots else []
    flags += ["--apply-chat-template"] if options.chat else []
    flags += ["--system-instruction", options.system] if options.system else []
    flags += ["--no-fewshot-as-multiturn"] if options.chat and not options.multiturn else []
    flags += shlex.split(options.flags)
    command = [*shlex.split(options.hon_eval), "run", *flags, "--output", output, "--quiet"]
    subprocess.run([str(part) for part in command], cwd=REPOSITORY, check=True)
    return output


def read_hon_eval(output, task):
    """(results of the task, its sample lines) of the newest run under a folder."""
    results = json.loads(max(output.rglob("results_*.json")).read_text())
    lines = max(output.rglob(f"samples_{task}_*.jsonl")).read_text(encoding="utf-8").split("\n")
    return results["results"][task], [json.loads(line) for line in lines if line]


def encode(model, documents, window):
    """Token ids by hon-eval's own code, for the requests that lm-evaluation-harness makes."""
    lines = [json.dumps(document["requests"]) for document in documents]
    command = ["node", Path(__file__).with_name("encode_pairs.ts"), model, str(window)]
    output = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def requests_of(sample):
    return [list(request.values()) for request in sample["arguments"].values()]


def compare(expected, results, samples, tokens):
    """One row of the table: counts, the largest differences, and what is wrong."""
    documents = expected["documents"]
    wrong = [] if len(samples) == len(documents) else [f"{len(samples)} documents, not {len(documents)}"]
    row = {"requests": 0, "tokens": 0, "transformers": 0.0, "lm_eval": 0.0, "greedy": 0, "wrong": wrong}
    row |= {"a_token": 0.0, "drift": 0.0, "perplexities": []}
    for index, (document, sample, encoded) in enumerate(zip(documents, samples, tokens)):
        wrong += [f"document {index}: {fault}" for fault in compare_document(document, sample, encoded, row)]
    if not abs(row["drift"]) <= DRIFT_TOLERANCE * row["tokens"]:
        wrong.append(f"log-likelihoods are off to one side, by {row['drift'] / row['tokens']:.1e} a token on average")
    for name, value in expected["results"].items():
        own = results.get(f"{name},none")
        if name in EXPONENTS:
            row["perplexities"].append(compare_perplexity(name, own, value, documents))
            wrong += row["perplexities"][-1]["wrong"]
        elif "_stderr" in name and value != "N/A" and name.replace("_stderr", "") in EXPONENTS:
            wrong += [] if math.isclose(own, value, rel_tol=1e-3) else [f"{name} is {own}, not {value}"]
        elif own != value:
            wrong.append(f"{name} is {own}, not {value}")
    return row


#: What a log-likelihood in nats is in each figure: its exponent, or it itself by a factor.
EXPONENTS = {"perplexity": True, "word_perplexity": True, "byte_perplexity": True, "bits_per_byte": False}


def compare_perplexity(name, own, lm_eval, documents):
    """Ours, lm-evaluation-harness's, and what lm-evaluation-harness would make of transformers' log-likelihoods.

    Its own are off by up to LM_EVAL_TOLERANCE a token, always to the same side, and so are its perplexities.
    """
    likelihoods = [pair[0] if isinstance(pair, list) else pair for document in documents for pair in document["lm_eval"]]
    tokens = sum(len(continuation) for document in documents for _, continuation in document["tokens"])
    is_exponent = EXPONENTS[name]
    nats = math.log(lm_eval) if is_exponent else lm_eval
    off = LM_EVAL_TOLERANCE * tokens * abs(nats / sum(likelihoods)) / (1 if is_exponent else nats)
    figure = {"name": name, "own": own, "lm_eval": lm_eval, "transformers": None}
    if all(document["transformers"] for document in documents):
        exact = sum(likelihood for document in documents for likelihood, _ in document["transformers"])
        by_transformers = nats * exact / sum(likelihoods)
        figure["transformers"] = math.exp(by_transformers) if is_exponent else by_transformers
    figure["wrong"] = [
        f"{name} is {own}, by {other} {figure[key]}"
        for key, other, tolerance in (("transformers", "transformers", 0), ("lm_eval", "lm-evaluation-harness", off))
        if figure[key] and not math.isclose(own, figure[key], rel_tol=PERPLEXITY_TOLERANCE + tolerance)
    ]
    return figure


def compare_document(document, sample, encoded, row):
    """What differs in one document; adds its figures to the row."""
    requests = requests_of(sample)
    faults = [f"{name} differs" for name in HASHES if name in document and sample[name] != document[name]]
    if requests != document["requests"]:
        return [*faults, f"requests {requests}, not {document['requests']}"]
    if encoded != document["tokens"]:
        faults.append(f"tokens {encoded}, not {document['tokens']}")
    faults += [
        f"{name} is {sample[name]}, not {document[name]}"
        for name in ("acc", "acc_norm")
        if name in document and sample[name] != document[name]
    ]
    for choice, (likelihood, greedy) in enumerate(sample["filtered_resps"]):
        likelihood, count, lm_eval, most_probable, exact = expected_of(document, choice, float(likelihood), greedy == "True")
        row["requests"] += 1
        row["tokens"] += count
        row["greedy"] += most_probable
        row["transformers"] = max(row["transformers"], abs(likelihood - exact))
        row["a_token"] = max(row["a_token"], abs(likelihood - exact) / count)
        row["drift"] += likelihood - exact
        row["lm_eval"] = max(row["lm_eval"], abs(likelihood - lm_eval))
        if not abs(likelihood - exact) <= TRANSFORMERS_TOLERANCE + A_TOKEN_TOLERANCE * count:
            faults.append(f"choice {choice}: {likelihood}, transformers {exact}")
        if not abs(likelihood - lm_eval) <= TRANSFORMERS_TOLERANCE + LM_EVAL_TOLERANCE * count:
            faults.append(f"choice {choice}: {likelihood}, lm-evaluation-harness {lm_eval}")
        if greedy != str(most_probable):
            faults.append(f"choice {choice}: greedy is {greedy}, not {most_probable}")
    return faults


def expected_of(document, choice, likelihood, greedy):
    """(ours, tokens, lm-evaluation-harness's, greedy flag, transformers') of a choice, or of all windows of a text."""
    lm_eval = document["lm_eval"][choice] if document["lm_eval"] else [likelihood, None]
    exact = document["transformers"]
    if document["rolling"]:  # lm-evaluation-harness keeps no flag of a whole text
        count = sum(len(continuation) for _, continuation in document["tokens"])
        return likelihood, count, lm_eval, greedy, sum(value for value, _ in exact) if exact else likelihood
    count = len(document["tokens"][choice][1])
    return likelihood, count, lm_eval[0], *(reversed(exact[choice]) if exact else (lm_eval[1], likelihood))


def print_table(rows):
    columns = "{:<14} {:>9} {:>8} {:>7} {:>6} {:>12} {:>8} {:>8} {:>8} {:>5}"
    names = ("documents", "requests", "tokens", "greedy", "transformers", "a token", "drift", "lm_eval", "wrong")
    print(columns.format("task", *names))
    for task, row in rows.items():
        figures = (row["documents"], row["requests"], row["tokens"], row["greedy"])
        differences = (row["transformers"], row["a_token"], row["drift"] / max(1, row["tokens"]), row["lm_eval"])
        print(columns.format(task, *figures, *(f"{value:.1e}" for value in differences), len(row["wrong"])))
    for task, row in rows.items():
        for figure in row["perplexities"]:
            off = (f"{figure['own'] / figure[key] - 1:+.1e} from {key}" for key in ("transformers", "lm_eval") if figure[key])
            print(f"{task}: {figure['name']} {figure['own']:.6f}, {', '.join(off)}")


def parse():
    parser = argparse.ArgumentParser(description="Compare hon-eval with lm-evaluation-harness and transformers.")
    parser.add_argument("--data", type=Path, required=True, help="folder of <task>.jsonl in the hub's schema")
    parser.add_argument("--tokenizer", type=Path, help="GPT-NeoX's tokenizer.json, for the random checkpoint")
    parser.add_argument("--model", type=Path, help="a checkpoint, instead of a random one of Pythia-70M's shape")
    parser.add_argument("--work", type=Path, required=True, help="folder for the checkpoint, references and results")
    parser.add_argument("--tasks", help="task names joined by commas (default: those with a file)")
    parser.add_argument("--limit", type=int, default=200, help="documents a task (default: 200)")
    parser.add_argument("--shots", type=int, default=0, help="before each question (default: 0)")
    parser.add_argument("--chat", action="store_true", help="by the model's chat template")
    parser.add_argument("--system", help="what stands before everything")
    parser.add_argument("--multiturn", action="store_true", help="shots are turns of their own")
    parser.add_argument("--window", type=int, help="tokens, instead of those of the checkpoint")
    parser.add_argument("--softmax", help="lm-evaluation-harness's softmax_dtype: float64 (default: as its logits are)")
    parser.add_argument("--lm-eval-only", action="store_true", help="leave out transformers, a request at a time")
    parser.add_argument(
        "--transformers-only", action="store_true", help="take hon-eval's requests, and leave out lm-evaluation-harness"
    )
    parser.add_argument("--batch-size", type=int, default=8, help="of lm-evaluation-harness (default: 8)")
    parser.add_argument("--hon-eval", default="node bin/run.js", help="the command (default: node bin/run.js)")
    parser.add_argument("--flags", default="", help="more flags for hon-eval: '--backend tfjs'")
    parser.add_argument("--output", type=Path, help="compare these results instead of running hon-eval")
    parser.add_argument("--references-only", action="store_true", help="stop before hon-eval")
    options = parser.parse_args()
    for name in ("data", "tokenizer", "model", "work", "output"):
        path = getattr(options, name)
        setattr(options, name, path and path.resolve())
    return options


def main():
    options = parse()
    tasks = options.tasks.split(",") if options.tasks else [
        task for task in (*KNOWN, *OWN) if (options.data / f"{task}.jsonl").exists()
    ]
    model = options.model or options.work / "pythia-70m-random"
    if not model.exists():
        make_checkpoint(model, options.tokenizer)
    model = narrowed(model, options.window, options.work) if options.window else model
    references = References(options, model)
    own = tasks if options.transformers_only else OWN
    expected = {task: references.of(task) for task in tasks if task not in own}
    if options.references_only:
        return
    output = options.output or run_hon_eval(options, model, tasks)
    rows = {}
    for task in tasks:
        results, samples = read_hon_eval(output, task)
        reference = expected.get(task) or references.of(task, [requests_of(sample) for sample in samples])
        documents = reference["documents"]
        rows[task] = compare(reference, results, samples, encode(model, documents, reference["window"]))
        rows[task]["documents"] = len(documents)
    print_table(rows)
    faults = [f"{task}: {fault}" for task, row in rows.items() for fault in row["wrong"]]
    print("\n".join(faults[:50]), file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
