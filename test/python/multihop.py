"""Multi-hop: a synthetic benchmark of following links, and the generator of its rows.

A row states the links of several chains, each chain's in its order but the chains interleaved at random, and asks
where 1, 2 or 3 links lead from a name:

    link kavo mire . link sute polo . link mire dabe . ... follow 2 links from kavo

The four choices are the names at the same place of four chains, so that only following the right one tells them
apart; chance is 1/4. Rows are a function of the seed alone. The test split has no row in common with the training
split: the heads of a row's chains decide which of the two it belongs to.

    python test/python/multihop.py --output test/fixtures/multihop
"""

import argparse
import json
import random
from pathlib import Path

CHAINS = 4
LINKS = 3
HOPS = (1, 2, 3)
SPLITS = 5  # one row in five belongs to the test split


def make_names(count=40, seed=0):
    """Invented names of two syllables."""
    syllables = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
    names = [first + second for first in syllables for second in syllables if first != second]
    return random.Random(seed).sample(names, count)


NAMES = make_names()


def make_chains(rng, split):
    """CHAINS lists of LINKS + 1 names, all different, of the split `train` or `test`."""
    while True:
        indices = rng.sample(range(len(NAMES)), CHAINS * (LINKS + 1))
        chains = [indices[i :: CHAINS] for i in range(CHAINS)]
        is_test = sum(chain[0] for chain in chains) % SPLITS == 0
        if is_test == (split == "test"):
            return [[NAMES[index] for index in chain] for chain in chains]


def make_facts(rng, chains):
    order = [chain for chain in range(CHAINS) for _ in range(LINKS)]
    rng.shuffle(order)
    links = [iter(zip(chain, chain[1:])) for chain in chains]
    return ["link {} {} .".format(*next(links[chain])) for chain in order]


def make_question(rng, chains, hops):
    """A question and its choices: the names that `hops` links lead to from the same place of every chain."""
    start = rng.randrange(LINKS - hops + 1)
    asked = rng.randrange(CHAINS)
    order = rng.sample(range(CHAINS), CHAINS)
    return {
        "question": f"follow {hops} {'link' if hops == 1 else 'links'} from {chains[asked][start]}",
        "choices": [chains[chain][start + hops] for chain in order],
        "answer": order.index(asked),
    }


def make_row(rng, split, hops):
    chains = make_chains(rng, split)
    return {"facts": make_facts(rng, chains), **make_question(rng, chains, hops)}


def main():
    parser = argparse.ArgumentParser(description="Write the test split of the multi-hop benchmark.")
    parser.add_argument("--output", type=Path, required=True, help="folder for multihop_{1,2,3}.jsonl")
    parser.add_argument("--rows", type=int, default=200, help="rows a file (default: 200)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for hops in HOPS:
        rng = random.Random(f"{options.seed}/test/{hops}")
        rows = [make_row(rng, "test", hops) for _ in range(options.rows)]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (options.output / f"multihop_{hops}.jsonl").write_text(lines)


if __name__ == "__main__":
    main()
