"""Writes test/fixtures/statistics.json: random comparisons with SciPy's and statsmodels' answers.

    python test/python/paired_tests.py test/fixtures/statistics.json

Needs numpy, scipy and statsmodels.
"""

import json
import sys

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import normal_sample_size_one_tail
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW


def or_null(value):
    return None if np.isnan(value) else value


def paired_case(rng, size):
    """Correlated 0/1 scores of two models over the same documents."""
    easy = rng.random(size)
    first = (easy + rng.normal(0, 0.2, size) > 0.6).astype(int)
    second = (easy + rng.normal(0.02, 0.2, size) > 0.6).astype(int)
    difference = second - first
    test = stats.ttest_rel(second, first)
    low, high = test.confidence_interval(0.95)  # NaN where all documents say the same
    table = [[int(((first == a) & (second == b)).sum()) for b in (1, 0)] for a in (1, 0)]
    sample = DescrStatsW(difference)
    assert np.allclose([low, high], sample.tconfint_mean(0.05), equal_nan=True) or difference.std() == 0
    return {
        "first": "".join(map(str, first)),
        "second": "".join(map(str, second)),
        "value": difference.mean(),
        "stderr": difference.std(ddof=1) / np.sqrt(size),
        "interval": [or_null(low), or_null(high)],
        "p": or_null(test.pvalue),
        "mcnemar": mcnemar(table, exact=True).pvalue,
        "worse": stats.binomtest(table[1][0], table[0][1] + table[1][0], alternative="less").pvalue
        if table[0][1] + table[1][0]
        else 1.0,
    }


def unpaired_case(rng):
    sizes = rng.integers(5, 3000, 2)
    samples = [(rng.random(size) < rng.uniform(0.2, 0.8)).astype(float) for size in sizes]
    if min(s.std() for s in samples) == 0:
        return unpaired_case(rng)
    test = stats.ttest_ind(samples[1], samples[0], equal_var=False)
    compared = CompareMeans(DescrStatsW(samples[1]), DescrStatsW(samples[0]))
    means = [
        {"value": s.mean(), "stderr": s.std(ddof=1) / np.sqrt(len(s)), "size": len(s)} for s in samples
    ]
    return {
        "means": means,
        "df": test.df,
        "p": test.pvalue,
        "interval": list(compared.tconfint_diff(0.05, usevar="unequal")),
    }


def holm_case(rng):
    p = rng.beta(0.3, 1, rng.integers(1, 12))
    if len(p) > 3:
        p[1] = p[0]
    return {"p": p.tolist(), "adjusted": multipletests(p, method="holm")[1].tolist()}


def detectable_case(rng):
    alpha, power = float(rng.uniform(0.01, 0.2)), float(rng.uniform(0.5, 0.95))
    size = int(rng.integers(100, 5000))
    effect = (stats.norm.isf(alpha / 2) + stats.norm.ppf(power)) / np.sqrt(size)
    assert np.isclose(normal_sample_size_one_tail(effect, power, alpha / 2), size)
    return {"alpha": alpha, "power": power, "stderr": 1 / np.sqrt(size), "effect": effect}


def distribution_cases():
    dfs = [1, 2.5, 5, 29, 651.3, 10041, 100000]
    points = [-8, -2.1, -0.5, 0, 0.3, 1.96, 6]
    ps = [1e-6, 0.005, 0.025, 0.2, 0.5, 0.6, 0.8, 0.975, 0.9995]
    return {
        "studentCdf": [[t, df, stats.t.cdf(t, df)] for df in dfs for t in points],
        "studentQuantile": [[p, df, stats.t.ppf(p, df)] for df in dfs for p in ps],
        "normalCdf": [[x, stats.norm.cdf(x)] for x in points],
        "normalQuantile": [[p, stats.norm.ppf(p)] for p in ps],
        "binomialCdf": [
            [k, n, 0.5, stats.binom.cdf(k, n, 0.5)] for n in (0, 1, 7, 100, 3000) for k in (0, n // 3, n // 2, n)
        ],
    }


def main():
    rng = np.random.default_rng(20251203)
    cases = {
        "distributions": distribution_cases(),
        "paired": [paired_case(rng, int(size)) for size in (2, 3, 10, 33, 100, 250, 651, 1172)],
        "unpaired": [unpaired_case(rng) for _ in range(8)],
        "holm": [holm_case(rng) for _ in range(8)],
        "detectable": [detectable_case(rng) for _ in range(5)],
    }
    with open(sys.argv[1], "w") as file:
        json.dump(cases, file, indent=1, default=float)
        file.write("\n")


if __name__ == "__main__":
    main()
