"""Writes weights as PyTorch pickles them, each beside its safetensors twin.

    python test/python/pytorch_fixtures.py --fixtures test/fixtures

`pytorch/` gets files of every format and kind of view; `model/pickled` and `model/pickled-sharded` are two checkpoints
of `fixtures.py` with `pytorch_model.bin` in place of safetensors.
"""

import argparse
import json
import shutil
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file


def views():
    """Tensors of every kind, among them views of one storage."""
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(6, 10, generator=generator)
    cube = torch.randn(2, 3, 4, generator=generator)
    return OrderedDict(
        {
            "table": table,
            "tied": table,
            "transposed": table.t(),
            "row": table[2],
            "column": table[:, 3],
            "columns": table[:, 2:5],
            "every_other": table[::2, 1::3],
            "expanded": table[1:2].expand(4, 10),
            "permuted": cube.permute(2, 0, 1),
            "half": torch.randn(3, 5, generator=generator).half().t(),
            "bfloat16": torch.randn(4, 4, generator=generator).bfloat16()[1:, 1:],
            "double": torch.randn(5, dtype=torch.float64, generator=generator),
            "parameter": torch.nn.Parameter(torch.randn(2, 2, generator=generator)),
            "scalar": torch.tensor(2.5),
            "empty": torch.zeros(0, 4),
            "mask": torch.ones(2, 2, dtype=torch.bool),
            "counter": torch.tensor(7),
            "step": 12,
            "note": "no tensor",
        }
    )


def float8():
    """Every value of every type of 8 bits."""
    types = ["float8_e4m3fn", "float8_e5m2", "float8_e8m0fnu", "float8_e4m3fnuz", "float8_e5m2fnuz"]
    return {name: torch.arange(256, dtype=torch.uint8).view(getattr(torch, name)) for name in types}


def twin(state):
    return {name: value.detach().clone().contiguous() for name, value in state.items() if torch.is_tensor(value)}


def write_files(folder):
    folder.mkdir(exist_ok=True)
    state = views()
    torch.save(state, folder / "zip.bin")
    torch.save(state, folder / "protocol4.bin", pickle_protocol=4)
    torch.save(state, folder / "legacy.bin", _use_new_zipfile_serialization=False)
    save_file(twin(state), folder / "views.safetensors")
    # The types of 8 bits have no legacy format. In float32 beside them: what PyTorch makes of them.
    torch.save(float8(), folder / "float8.bin")
    save_file(float8(), folder / "float8.safetensors")
    save_file({name: value.float() for name, value in float8().items()}, folder / "float8_values.safetensors")


def copy_checkpoint(source, target):
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("model*.safetensors*"))


def write_checkpoints(folder):
    copy_checkpoint(folder / "float16", folder / "pickled")
    torch.save(OrderedDict(load_file(folder / "float16" / "model.safetensors")), folder / "pickled" / "pytorch_model.bin")
    copy_checkpoint(folder / "sharded", folder / "pickled-sharded")
    index = json.loads((folder / "sharded" / "model.safetensors.index.json").read_text())
    for number, shard in enumerate(sorted(set(index["weight_map"].values()))):
        tensors = load_file(folder / "sharded" / shard)
        # One in each format; and a matrix as the transpose of what is stored.
        stored = {name: value.t().contiguous().t() if value.dim() == 2 else value for name, value in tensors.items()}
        name = shard.replace("model", "pytorch_model").replace("safetensors", "bin")
        torch.save(stored, folder / "pickled-sharded" / name, _use_new_zipfile_serialization=number != 1)
        index["weight_map"] |= dict.fromkeys(tensors, name)
    path = folder / "pickled-sharded" / "pytorch_model.bin.index.json"
    path.write_text(json.dumps(index, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description="Write weights as PyTorch pickles them.")
    parser.add_argument("--fixtures", type=Path, required=True)
    options = parser.parse_args()
    write_files(options.fixtures / "pytorch")
    write_checkpoints(options.fixtures / "model")


if __name__ == "__main__":
    main()
