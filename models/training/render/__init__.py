"""Synthetic hands for training: `sample(seed)` draws a crop with exact labels. README.md says how."""

from .sample import Sample, sample

__all__ = ["Sample", "sample"]
