"""Checks that hon-eval's results files are lm-evaluation-harness's, byte for byte where they say the same thing.

Runs lm-evaluation-harness on a tiny random GPT-NeoX and two small tasks made here, saves through its own
EvaluationTracker, has hon-eval's writer write the same scores again (rewrite_lm_eval.ts), and then compares

- every line of samples_*.jsonl: lm-evaluation-harness's bytes, plus a `hon_eval` object at the end;
- results_*.json: its keys in its order plus `hon_eval`; the blocks that hold scores, counts and hashes to the byte;
  of `configs` the fields that are there;
- what lm_eval makes of the files: make_table, the W&B logger's tables, the file-name helpers, datasets.load_dataset.

Needs Python with lm_eval[hf] (that is torch, transformers and accelerate), and Node 24 on the PATH:

    python test/python/results_schema.py --tokenizer ../shared/tokenizers/gpt-neox-20b.json [--keep FOLDER]
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Blocks that must be the same to the byte; the others say which program ran on what.
SAME_BLOCKS = [
    "results", "groups", "group_subtasks", "versions", "n-shot", "higher_is_better", "n-samples", "git_hash",
    "upper_git_hash", "tokenizer_pad_token", "tokenizer_eos_token", "tokenizer_bos_token", "eot_token_id", "max_length",
    "task_hashes", "model_name", "model_name_sanitized", "system_instruction", "system_instruction_sha",
    "chat_template", "chat_template_sha", "total_evaluation_time_seconds",
]
# Made for this check: non-ASCII letters, an emoji, quotes, a tab and nested columns.
COLOURS = [
    {"id": i, "question": q, "options": o, "answer": a, "extra": {"weight": 0.1 * i + 0.05, "ok": i % 2 == 0, "tags": []}}
    for i, (q, o, a) in enumerate(
        [
            ("Which colour has grass?", ["green", "red", "a deep blue"], 0),
            ("Quelle couleur a l'été ?", ["doré", "bleu été", "x"], 1),
            ("What does \"rouge\" mean?\tSay it.", ["red 🟥", "green", "sky\\blue"], 0),
            ("Snow is", ["black", "white", "brown"], 1),
            ("Coal is", ["black", "white as snow", "brown"], 0),
            ("Milk is", ["black", "white", "brown"], 1),
            ("The sky is", ["blue", "white", "brown"], 0),
        ]
    )
]
SUMS = [{"id": i, "question": f"{i} + {i} =", "options": [str(i), str(2 * i), "10 001"], "answer": 1} for i in (1, 4)]
TASKS = {
    "colours": COLOURS, "sums": SUMS, "late_colours": COLOURS[2:], "late_sums": SUMS, "one": SUMS[:1],
    "early_colours": COLOURS, "other_one": SUMS[1:],
}
# A group that weighs tasks by their size, one that does not, one of which a standard error is missing, a bare heading.
GROUPS = {
    "pooled": ["sums", "colours"], "plain": ["late_sums", "late_colours"], "gap": ["one", "early_colours"],
    "heading": ["other_one"],
}


def task_yaml(name: str, data: Path) -> dict:
    metrics = ["acc", "acc_norm"] + (["acc_bytes"] if "one" not in name else [])
    return {
        "task": name,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data)}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "Question: {{question}}\nAnswer:",
        "doc_to_target": "answer",
        "doc_to_choice": "{{options}}",
        "metric_list": [{"metric": m, "aggregation": "mean", "higher_is_better": True} for m in metrics],
        "metadata": {"version": 1.0},
    }


def group_yaml(name: str) -> dict:
    group = {"group": name, "task": GROUPS[name]}
    if name != "heading":
        group["aggregate_metric_list"] = [
            {"metric": m, "aggregation": "mean", "weight_by_size": name != "plain"} for m in ("acc", "acc_norm")
        ]
    return group


def write_tasks(folder: Path) -> None:
    import yaml

    folder.mkdir()
    for name, rows in TASKS.items():
        data = folder / f"{name}.jsonl"
        data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(task_yaml(name, data)))
    for name in GROUPS:
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(group_yaml(name)))


def write_model(folder: Path, tokenizer: str) -> None:
    import torch
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, PreTrainedTokenizerFast

    torch.manual_seed(0)
    end = "<|endoftext|>"
    PreTrainedTokenizerFast(tokenizer_file=tokenizer, eos_token=end, bos_token=end, unk_token=end).save_pretrained(folder)
    config = GPTNeoXConfig(
        vocab_size=50304, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=256, bos_token_id=0, eos_token_id=0,
    )
    GPTNeoXForCausalLM(config).save_pretrained(folder)


def run_lm_eval(model: Path, tasks: Path, output: Path) -> None:
    """What `lm_eval run --output_path OUTPUT --log_samples --limit 5` does."""
    from lm_eval import simple_evaluate
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager

    tracker = EvaluationTracker(output_path=str(output))
    results = simple_evaluate(
        model="hf", model_args={"pretrained": str(model), "dtype": "float32"}, device="cpu", limit=5, batch_size=4,
        tasks=[*GROUPS], task_manager=TaskManager(include_path=str(tasks), include_defaults=False),
        evaluation_tracker=tracker, log_samples=True, bootstrap_iters=100000,
    )
    samples = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=samples)
    for name in results["configs"]:
        tracker.save_results_samples(task_name=name, samples=samples[name])


def rewrite(theirs: Path, output: Path) -> Path:
    command = ["node", str(HERE / "rewrite_lm_eval.ts"), str(theirs), str(output)]
    return Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def samples_file(results: Path, task: str) -> Path:
    return results.with_name(results.name.replace("results_", f"samples_{task}_") + "l")


def dumped(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def check_samples(theirs: Path, ours: Path, task: str) -> None:
    """Every line of ours is lm-evaluation-harness's, and then `hon_eval`."""
    expected = samples_file(theirs, task).read_text(encoding="utf-8").splitlines()
    lines = samples_file(ours, task).read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(expected), f"{task}: {len(lines)} lines, not {len(expected)}"
    for line, line_expected in zip(lines, expected):
        head, mark, _ = line.rpartition(', "hon_eval": ')
        assert mark and head + "}" == line_expected, f"{task}:\n{line}\n{line_expected}"


def check_results(theirs: dict, ours: dict, text: str) -> None:
    assert [*ours] == [*theirs, "hon_eval"], ([*ours], [*theirs])
    assert [*ours["config"]] == [*theirs["config"]], ours["config"]
    for block in SAME_BLOCKS:
        assert dumped(ours[block]) == dumped(theirs[block]), f"{block}:\n{dumped(ours[block])}"
    for name, config in ours["configs"].items():
        expected = {key: value for key, value in theirs["configs"][name].items() if key in config}
        expected["metadata"].pop("config_source")
        assert dumped(config) == dumped(expected), f"configs.{name}:\n{dumped(config)}\n{dumped(expected)}"
    assert abs(ours["date"] - theirs["date"]) < 1e-3
    assert text == dumped(ours), "not as json.dumps writes it"


def check_readers(theirs: Path, ours: Path) -> None:
    """What in lm_eval, and datasets, reads such files."""
    import datasets
    from lm_eval import utils
    from lm_eval.loggers.wandb_logger import WandbLogger

    data = {file: json.loads(file.read_text(encoding="utf-8")) for file in (theirs, ours)}
    for column in ("results", "groups"):
        table = utils.make_table(data[ours], column)
        assert table == utils.make_table(data[theirs], column)
        print(table)
    for file in (theirs, ours):
        logger = object.__new__(WandbLogger)
        logger.post_init(data[file])
        logger._get_config()
        data[file]["wandb"] = logger._sanitize_results_dict()
    assert data[ours]["wandb"] == data[theirs]["wandb"]
    names = [str(file) for file in ours.parent.iterdir()]
    assert utils.get_results_filenames(names) == [str(ours)]
    tasks = [*data[ours]["configs"]]
    samples = utils.get_sample_results_filenames(names)
    assert sorted(utils.get_file_task_name(Path(name).name) for name in samples) == tasks
    assert utils.get_latest_filename([str(theirs), *names]), "no time in the names"
    for task in tasks:
        rows = datasets.load_dataset("json", data_files=str(samples_file(ours, task)), split="train")
        assert len(rows) == data[ours]["n-samples"][task]["effective"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", required=True, help="tokenizer.json of GPT-NeoX")
    parser.add_argument("--keep", help="a new folder for the files of both, instead of a temporary one")
    options = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.keep or temporary).resolve()
        folder.mkdir(exist_ok=True)
        os.environ["HF_DATASETS_CACHE"] = str(folder / "cache")
        write_tasks(folder / "tasks")
        write_model(folder / "model", options.tokenizer)
        run_lm_eval(folder / "model", folder / "tasks", folder / "lm_eval")
        (theirs,) = (folder / "lm_eval").glob("*/results_*.json")
        ours = rewrite(theirs, folder / "hon_eval")
        for task in TASKS:
            check_samples(theirs, ours, task)
        text = ours.read_text(encoding="utf-8")
        check_results(json.loads(theirs.read_text(encoding="utf-8")), json.loads(text), text)
        check_readers(theirs, ours)
    print(f"{len(TASKS)} tasks and {len(GROUPS)} groups: the files agree")


if __name__ == "__main__":
    main()
