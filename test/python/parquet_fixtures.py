"""Writes test/fixtures/dataset: rows as the hub stores them in Parquet, and beside each file the same rows as JSON.

    python test/python/parquet_fixtures.py

`snappy` has a struct of lists (ARC's choices), dictionary-coded strings, 64-bit integers and nulls; `zstd` has three row
groups, no dictionaries and the second version of data pages; `gzip` has a list of structs; `checksums` has a checksum of
each page. Needs pyarrow.
"""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).parent.parent / "fixtures" / "dataset"

choices = pa.struct([("text", pa.list_(pa.string())), ("label", pa.list_(pa.string()))])
rows = [
    {
        "question": f"Which of these is number {i}? – “{'é😀' * i}”",
        "label": i - 3,
        "answerKey": "AB"[i % 2],
        "choices": {"text": [f"number {i}", "", "another"][: 2 + i % 2], "label": ["A", "B", "C"][: 2 + i % 2]},
        "support": None if i % 3 == 0 else "a passage that repeats",
        "score": i / 8,
        "easy": i < 4,
        "big": 2**40 + i,
    }
    for i in range(8)
]
schema = pa.schema(
    [
        ("question", pa.string()),
        ("label", pa.int64()),
        ("answerKey", pa.string()),
        ("choices", choices),
        ("support", pa.string()),
        ("score", pa.float64()),
        ("easy", pa.bool_()),
        ("big", pa.uint64()),
    ]
)
listed = [{"turns": [{"speaker": "x", "words": i}] * i, "id": i} for i in range(4)]


def write(name, rows, schema=None, **options):
    pq.write_table(pa.Table.from_pylist(rows, schema), FOLDER / f"{name}.parquet", **options)
    (FOLDER / f"{name}.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


FOLDER.mkdir(parents=True, exist_ok=True)
write("snappy", rows, schema, compression="snappy", use_dictionary=True)
write("zstd", rows, schema, compression="zstd", use_dictionary=False, row_group_size=3, data_page_version="2.0")
write("gzip", listed, compression="gzip")
write("checksums", rows, schema, compression="zstd", row_group_size=5, write_page_checksum=True)
