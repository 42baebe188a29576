// A small dense Gauss-Newton accumulator: normal equations and their damped solution by Cholesky.

/** Normal equations J^T W J d = J^T W r of a least-squares problem with N unknowns. */
export class NormalEquations {
    /** Row-major N x N; only the lower triangle is kept. */
    public readonly matrix: Float64Array;
    public readonly vector: Float64Array;
    private readonly _factor: Float64Array;

    public constructor(public readonly size: number) {
        this.matrix = new Float64Array(size * size);
        this.vector = new Float64Array(size);
        this._factor = new Float64Array(size * size);
    }

    public reset(): void {
        this.matrix.fill(0);
        this.vector.fill(0);
    }

    /** Adds weight * (row . d - residual)^2, where `row` has the derivatives of the model. */
    public addRow(row: Float64Array, residual: number, weight: number): void {
        const { matrix, vector, size } = this;
        for (let i = 0; i < size; i++) {
            const value = row[i] * weight;
            if (value === 0) {
                continue;
            }
            vector[i] += value * residual;
            for (let j = 0, at = i * size; j <= i; j++, at++) {
                matrix[at] += value * row[j];
            }
        }
    }

    /** Adds weight * (d[i] - residual)^2: a prior on one unknown. */
    public addPrior(i: number, residual: number, weight: number): void {
        this.matrix[i * this.size + i] += weight;
        this.vector[i] += weight * residual;
    }

    /**
     * Solves (A + damping diag(A)) d = b.
     * @returns false where the matrix is not positive definite; `out` is then of no use
     */
    public solve(damping: number, out: Float64Array): boolean {
        const { matrix, vector, size, _factor: factor } = this;
        for (let i = 0; i < size; i++) {
            for (let j = 0; j <= i; j++) {
                let sum = matrix[i * size + j];
                if (i === j) {
                    sum += damping * sum;
                }
                for (let k = 0; k < j; k++) {
                    sum -= factor[i * size + k] * factor[j * size + k];
                }
                if (i !== j) {
                    factor[i * size + j] = sum / factor[j * size + j];
                } else if (sum > 0) {
                    factor[i * size + i] = Math.sqrt(sum);
                } else {
                    return false;
                }
            }
        }
        for (let i = 0; i < size; i++) {
            let sum = vector[i];
            for (let k = 0; k < i; k++) {
                sum -= factor[i * size + k] * out[k];
            }
            out[i] = sum / factor[i * size + i];
        }
        for (let i = size - 1; i >= 0; i--) {
            let sum = out[i];
            for (let k = i + 1; k < size; k++) {
                sum -= factor[k * size + i] * out[k];
            }
            out[i] = sum / factor[i * size + i];
        }
        return true;
    }
}
