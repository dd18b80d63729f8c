"""lm-evaluation-harness's YAML tasks on made-up rows: what it asks, and what it makes of made-up scores.

    python test/python/lm_eval_tasks.py [--tasks NAME,...] [--functions] > tasks.jsonl

One line a task of the installed lm-eval that names no Python function, or with --functions of those that do, and is of one
of the three types of log-likelihoods: its rows by split, and for 0 and 5 shots the requests, targets and metrics of the first three rows.
Rows are made after the templates: what they index is a list, what they look up a dictionary, and so on; what functions
read stands in `function_columns.py`. A task whose
rows cannot be made so is a line with a "failure". `compare_tasks.ts` holds hon-eval against it. Nothing is downloaded.
"""

import argparse
import ast
import json
import random
import re
import sys

import datasets
import jinja2
import jinja2.nodes as nodes
from function_columns import function_columns
from lm_eval.tasks import TaskManager
from lm_eval.tasks._index import Kind
from lm_eval.utils import env

TYPES = ("multiple_choice", "loglikelihood", "loglikelihood_rolling")
FIELDS = ("doc_to_text", "doc_to_target", "doc_to_choice", "description", "gen_prefix")
ROWS = 9
ROWS_TO_FILTER = 40
WORDS = ["Ada", "it's", "naïve", "“quoted”", "snow", "x < y", "two  spaces", "日本", "end.", "\u00a0nb", "C", "(A)", "B: no", "5", "é"]
PLAIN = ["Ada", "its", "snow", "C", "five", "end"]
TEXT_METHODS = {"strip", "lstrip", "rstrip", "replace", "capitalize", "lower", "upper", "split", "title", "startswith"}


def names_functions(config):
    if isinstance(config, str):
        return "/lm_eval/tasks/" in config and re.match(r"^/\S+/lm_eval/tasks/.*\.\w+$", config) is not None
    if isinstance(config, dict):
        return any(names_functions(value) for key, value in config.items() if key != "include")
    return isinstance(config, list) and any(map(names_functions, config))


def functions_in(config):
    """`folder/module.function` of each that touches a question or a figure."""
    if isinstance(config, str) and names_functions(config):
        yield config.split("/lm_eval/tasks/")[1]
    elif isinstance(config, dict):
        for key, value in config.items():
            if key not in ("include", "doc_to_decontamination_query"):
                yield from functions_in(value)
    elif isinstance(config, list):
        for value in config:
            yield from functions_in(value)


class Schema:
    """What templates do with each variable, and rows that suit them."""

    def __init__(self, config):
        self.functions = sorted(functions_in(config))
        self.uses = {}
        self.index_of = {}
        self.choices = config.get("doc_to_choice")
        self.columns = {}
        self.target = config.get("doc_to_target")
        fewshot = config.get("fewshot_config") or {}
        for field in FIELDS:
            for source in (config, fewshot):
                value = source.get(field)
                if not isinstance(value, str):
                    continue
                if names_functions(value):
                    continue
                if re.fullmatch(r"\w+", value) and field != "description":
                    self.columns[field] = value
                    self.uses.setdefault(value, set())
                else:
                    self.read(value)

        if isinstance(self.choices, str) and (whole := re.fullmatch(r"\{\{\s*([\w.]+)\s*\}\}", self.choices)):
            self.use(whole[1], "list")

    def read(self, template):
        tree = env.parse(template)
        declared = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"} | {"range", "loop"}
        for node in tree.find_all(nodes.Name):
            if node.name not in declared:
                self.uses.setdefault(node.name, set())
        for node in tree.find_all((nodes.Sub, nodes.Slice)):
            for name in node.iter_child_nodes():
                inner = name.node if isinstance(name, nodes.Filter) else name
                self.use(self.path(inner) if isinstance(inner, nodes.Name) else None, "count")
        for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Call, nodes.Filter, nodes.For, nodes.Compare)):
            self.note(node)

    def path(self, node):
        if isinstance(node, nodes.Name):
            return node.name
        if isinstance(node, nodes.Getattr) and node.attr in TEXT_METHODS | {"index"}:
            return self.path(node.node)
        if isinstance(node, nodes.Getattr):
            return f"{self.path(node.node)}.{node.attr}"
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return f"{self.path(node.node)}.{node.arg.value}"
        if isinstance(node, nodes.Getitem):
            return f"{self.path(node.node)}[]"
        if isinstance(node, (nodes.Call, nodes.Filter)):
            return self.path(node.node)
        return None

    def use(self, path, kind):
        if path:
            self.uses.setdefault(path, set()).add(kind)

    def note(self, node):
        if isinstance(node, nodes.Getattr) and node.attr not in TEXT_METHODS | {"index", "items", "keys", "values"}:
            self.use(self.path(node.node), "dict")
            self.uses.setdefault(self.path(node), set())
        if isinstance(node, nodes.Getitem):
            if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
                self.use(self.path(node.node), "dict")
                self.uses.setdefault(self.path(node), set())
            else:
                self.use(self.path(node.node), "list" if not isinstance(node.node, nodes.Call) else "text")
                if isinstance(node.arg, nodes.Name):
                    self.use(node.arg.name, "number")
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
            receiver = node.node.node
            if node.node.attr == "index" and node.args:
                known = [item.value for item in receiver.items] if isinstance(receiver, nodes.List) else None
                self.use(self.path(receiver), "list")
                self.index_of[self.path(node.args[0])] = known or self.path(receiver)
            elif node.node.attr in TEXT_METHODS:
                self.use(self.path(receiver), "text")
        if isinstance(node, nodes.Filter) and node.name in ("length", "join", "list", "map"):
            self.use(self.path(node.node), "list")
            if node.name == "map" and node.kwargs:
                self.uses.setdefault(f"{self.path(node.node)}[].{node.kwargs[0].value.value}", set())
        if isinstance(node, nodes.Filter) and node.name == "int":
            self.use(self.path(node.node), "digits")
        if isinstance(node, nodes.Compare) and isinstance(node.ops[0].expr, nodes.Const):
            self.index_of.setdefault(self.path(node.expr), [node.ops[0].expr.value, None])

    def row(self, rng, words):
        text = lambda: " ".join(rng.choices(words, k=rng.randint(1, 5)))
        count = rng.choice([4, 4, 5])
        row, later = {}, []
        for path, kinds in sorted(self.uses.items()):
            if path in self.index_of:
                later.append(path)
                continue
            kind = next((k for k in ("dict", "list", "text", "count", "digits", "number") if k in kinds), None)
            if kind == "dict" and "list" not in kinds:
                self.put(row, path, {})
            elif kind in ("dict", "list"):
                inner = any(other.startswith(f"{path}[].") for other in self.uses)
                label = path.split(".")[-1] in ("label", "labels")
                items = [chr(65 + i) if label else {} if inner else f"{text()} {i}" for i in range(6 if not label else count)]
                self.put(row, path, items)
            elif kind in ("number", None) and path == self.columns.get("doc_to_target") and self.choices is not None and kind != "text":
                self.put(row, path, rng.randint(0, 1))
            else:
                value = {"digits": str(rng.randint(1, 2)), "count": rng.randint(1, 2), "number": rng.randint(0, 1)}.get(kind)
                self.put(row, path, text() if value is None else value)
        if self.columns.get("doc_to_choice"):
            row[self.columns["doc_to_choice"]] = [f"{text()} {i}" for i in range(count)]
        target = re.fullmatch(r"(?:\{\{\s*)?(\w+)(?:\.strip\(\))?(?:\s*\}\})?", str(self.target))
        if isinstance(self.choices, list) and target and target[1] in row and not isinstance(row[target[1]], int):
            row[target[1]] = rng.choice(self.choices[:2])
        column = isinstance(self.choices, str) and re.fullmatch(r"\{\{\s*(\w+)\s*\}\}", self.choices)
        if column and target and isinstance(row.get(target[1]), str) and isinstance(row.get(column[1]), list):
            row[target[1]] = rng.choice(row[column[1]][:2])
        for path in later:
            known = self.index_of[path]
            values = [v for v in known if v is not None] if isinstance(known, list) else self.get(row, known)
            self.put(row, path, rng.choice(values[:2]))
        for function in self.functions:
            row |= function_columns(function, rng, text, row)
        return row

    def put(self, row, path, value):
        *parents, last = path.replace("[]", ".[]").split(".")
        places = [row]
        for part in parents:
            step = []
            for place in places:
                if part == "[]":
                    step.extend(place)
                else:
                    step.append(place.setdefault(part, {}))
            places = step
        for place in places:
            if isinstance(place, dict):
                place[last] = value if not (isinstance(place.get(last), (list, dict)) and value in ([], {})) else place[last]

    def get(self, row, path):
        for part in path.split("."):
            row = row[part]
        return row


def load(manager, name, rows, overrides=None):
    original = datasets.load_dataset

    class Splits(dict):
        def __missing__(self, split):
            self[split] = datasets.Dataset.from_list(rows(split))
            return self[split]

    datasets.load_dataset = lambda *args, **kwargs: Splits()
    try:
        return manager.load([name])["tasks"][name]
    finally:
        datasets.load_dataset = original


def made_score(doc, request):
    return (-((doc * 7 + request * 5) % 11 + 1) * 1.25 - request / 8, (doc + request) % 3 == 0)


def asked(task, shots):
    default = task.get_config("num_fewshot")
    task.set_config("num_fewshot", default if default == 0 else shots)
    task.set_fewshot_seed(seed=1234)
    task.build_all_requests(limit=3, rank=0, world_size=1)
    own = task.get_config("num_fewshot")
    grouped = {}
    for instance in task.instances:
        grouped.setdefault(instance.doc_id, []).append(instance)
    documents, per_metric = [], {}
    for doc_id, instances in sorted(grouped.items()):
        instances.sort(key=lambda instance: instance.idx)
        scores = [made_score(doc_id, i) for i in range(len(instances))]
        if task.OUTPUT_TYPE == "loglikelihood_rolling":
            scores = [score for score, _ in scores]
        for metric, value in task.process_results(instances[0].doc, scores).items():
            per_metric.setdefault(metric, []).append(value)
        documents.append({
            "requests": [list(instance.args) for instance in instances],
            "target": str(task.doc_to_target(instances[0].doc)),
        })
    task.set_config("num_fewshot", default)
    metrics = {name: float(task.aggregation()[name](values)) for name, values in per_metric.items()}
    return {"shots": own, "documents": documents, "metrics": metrics}


def fails_with_shots(schema):
    """lm-evaluation-harness shows no shot whose right choices are a list."""
    return any(function.startswith("agieval/") for function in schema.functions)


def describe(manager, name, config):
    try:
        return describe_with(manager, name, config, WORDS)
    except Exception:  # templates that put texts between quotes, which not every text survives
        return describe_with(manager, name, config, PLAIN)


def describe_with(manager, name, config, words):
    schema = Schema(config)
    made = {}

    def rows(split):
        if split not in made:
            rng = random.Random(f"{name} {split}")
            made[split] = [schema.row(rng, words) for _ in range(ROWS_TO_FILTER if schema.functions else ROWS)]
        return made[split]

    task = load(manager, name, rows)
    own = config.get("fewshot_config", {}).get("samples")
    most = min(5, len(own)) if isinstance(own, list) else 5
    runs = [asked(task, 0)]
    if task.OUTPUT_TYPE != "loglikelihood_rolling" and not fails_with_shots(schema):
        runs.append(asked(task, most))
    split = config.get("test_split") or config.get("validation_split")
    return {"splits": made, "split": split, "runs": runs}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks")
    parser.add_argument("--functions", action="store_true")
    arguments = parser.parse_args()
    manager = TaskManager()
    wanted = set(arguments.tasks.split(",")) if arguments.tasks else None
    for name, entry in sorted(manager.task_index.items()):
        if entry.kind != Kind.TASK or (wanted and name not in wanted):
            continue
        if entry.cfg.get("output_type") not in TYPES:
            continue
        if any(functions_in(entry.cfg)) != arguments.functions:
            continue
        try:
            line = describe(manager, name, entry.cfg)
        except Exception as error:
            line = {"failure": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps({"task": name, "path": str(entry.yaml_path), "config": entry.cfg, **line}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
