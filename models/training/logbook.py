"""What a training run says of itself: means of the losses between reports, a CSV file, a plot."""

from __future__ import annotations

import csv
from pathlib import Path

from torch import Tensor


class Means:
    """Of named values since they were last taken."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, values: dict[str, Tensor]) -> None:
        self._count += 1
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0) + float(value.detach())

    def take(self) -> dict[str, float]:
        means = {name: total / self._count for name, total in self._sums.items()}
        self.__init__()
        return means


def line(row: dict[str, float]) -> str:
    return " ".join(f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items())


class Logbook:
    """Rows of figures by step; a run that goes on keeps the rows up to its first step."""

    def __init__(self, path: Path, first: int) -> None:
        self._path = path
        self._rows: list[dict[str, float]] = []
        if first and path.exists():
            with path.open() as file:
                rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
            self._rows = [row for row in rows if row["step"] <= first]

    def add(self, row: dict[str, float]) -> None:
        self._rows.append(row)
        names = list(dict.fromkeys(name for row in self._rows for name in row))
        with self._path.open("w", newline="") as file:
            writer = csv.DictWriter(file, names, restval="nan")
            writer.writeheader()
            writer.writerows(self._rows)
        print(line(row), flush=True)

    def plot(self) -> None:
        """A picture beside the CSV file, one curve a figure."""
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        if not self._rows:
            return
        names = [name for name in self._rows[0] if name not in ("step", "CPU seconds")]
        rows = (len(names) + 3) // 4
        _, axes = plt.subplots(rows, 4, figsize=(16, 3 * rows), squeeze=False)
        for axis, name in zip(axes.ravel(), names, strict=False):
            axis.plot([row["step"] for row in self._rows], [row.get(name, float("nan")) for row in self._rows])
            axis.set_title(name)
        plt.tight_layout()
        plt.savefig(self._path.with_suffix(".png"))
        plt.close()
