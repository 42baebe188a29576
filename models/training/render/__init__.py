"""Synthetic hands for training: `sample(seed)` draws a crop with exact labels. README.md says how."""

import os

# The matrices here are small: threads of numpy's BLAS would only double the work. Heeded if numpy is not loaded yet.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from .sample import Sample, sample  # noqa: E402

__all__ = ["Sample", "sample"]
