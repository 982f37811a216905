"""Every benchmark, one after the other: ``make bench``. Medians and ratios; the machine is never quiet."""

from __future__ import annotations

from benchmarks import classic_chat, commands, folds, hooks, pricing, reading, redaction, trace, v1_turn

for benchmark in (hooks, trace, classic_chat, v1_turn, redaction, pricing, reading, folds, commands):
    print(f"\n== {benchmark.__name__.partition('.')[2]}: {str(benchmark.__doc__).partition('.')[0]}", flush=True)
    benchmark.main()
