// Order statistics of timings.

/** The value below which a share `p` (0..1) of the values lies; NaN of none. */
export function percentile(values: readonly number[], p: number): number {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted.length > 0 ? sorted[Math.min(Math.floor(p * sorted.length), sorted.length - 1)] : NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);
