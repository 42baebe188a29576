// Order statistics of timings.

/** The value below which a share `p` (0..1) of the values lies; NaN of none. */
export function percentile(values: readonly number[], p: number): number {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted.length > 0 ? sorted[Math.min(Math.floor(p * sorted.length), sorted.length - 1)] : NaN;
}

/** The middle value, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = (sorted.length - 1) / 2;
    return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

/** Median and what all but the worst 5 % stay below, ms. */
export interface Spread {
    median: number;
    p95: number;
}

export const spread = (values: readonly number[]): Spread => ({
    median: median(values),
    p95: percentile(values, 0.95),
});

/** Median of what one list's values are times the other's, pair by pair: rounds of the same moment. */
export const medianRatio = (values: readonly number[], others: readonly number[]): number =>
    median(values.map((value, i) => value / others[i]));
