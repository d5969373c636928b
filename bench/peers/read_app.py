"""Writes a table in three formats, then reads and describes one of them for each line of its input.

Arguments: the folder, and the number of rows. Prints a line once the files are there, and the seconds of each reading.
"""
import sys
import time

import numpy as np
import pandas as pd

folder, rows = sys.argv[1], int(sys.argv[2])
random = np.random.default_rng(1)
columns = {f"f{i}": np.round(random.normal(10 * i, 3, rows), 4) for i in range(12)}
columns |= {f"i{i}": random.integers(0, 10 ** (i + 2), rows) for i in range(4)}
columns |= {f"c{i}": random.choice(["red", "green", "blue", "violet"], rows) for i in range(2)}
columns["time"] = pd.date_range("2020-01-01", periods=rows, freq="min").strftime("%Y-%m-%d %H:%M:%S")
columns["label"] = random.choice(["a", "b", "c"], rows)
frame = pd.DataFrame(columns)
frame.to_csv(f"{folder}/table.csv", index=False)
frame.to_json(f"{folder}/table.jsonl", orient="records", lines=True)
frame.to_parquet(f"{folder}/table.parquet")
del frame, columns
print("ready", flush=True)

readers = {"csv": pd.read_csv, "jsonl": lambda path: pd.read_json(path, lines=True), "parquet": pd.read_parquet}
for line in sys.stdin:
    name = line.strip()
    begun = time.perf_counter()
    readers[name](f"{folder}/table.{name}").describe()
    print(time.perf_counter() - begun, flush=True)
