"""Writes a table, then reads and describes it for each line of its input.

Arguments: the folder, the number of rows, and the format. Prints a line once the file is there, and the seconds of each
reading.
"""
import sys
import time

import numpy as np
import pandas as pd

folder, rows, form = sys.argv[1], int(sys.argv[2]), sys.argv[3]
random = np.random.default_rng(1)
columns = {f"f{i}": np.round(random.normal(10 * i, 3, rows), 4) for i in range(12)}
columns |= {f"i{i}": random.integers(0, 10 ** (i + 2), rows) for i in range(4)}
columns |= {f"c{i}": random.choice(["red", "green", "blue", "violet"], rows) for i in range(2)}
columns["time"] = pd.date_range("2020-01-01", periods=rows, freq="min").strftime("%Y-%m-%d %H:%M:%S")
columns["label"] = random.choice(["a", "b", "c"], rows)
frame = pd.DataFrame(columns)
path = f"{folder}/table.{form}"
write = {
    "csv": lambda: frame.to_csv(path, index=False),
    "jsonl": lambda: frame.to_json(path, orient="records", lines=True),
    "parquet": lambda: frame.to_parquet(path),
}
write[form]()
del frame, columns
print("ready", flush=True)

readers = {"csv": pd.read_csv, "jsonl": lambda path: pd.read_json(path, lines=True), "parquet": pd.read_parquet}
for _ in sys.stdin:
    begun = time.perf_counter()
    readers[form](path).describe()
    print(time.perf_counter() - begun, flush=True)
