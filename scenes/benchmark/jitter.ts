// How much keypoints tremble in pictures in which nothing moves.

/**
 * RMS length of the keypoints' second differences, px: three pictures in a row, p0 - 2 p1 + p2. Each is sqrt(6) times the
 * scatter of keypoints that are wrong independently, and 0 of a hand that moves steadily.
 * @param runs pictures in a row, of each the hand's 21 x (u, v); null where there was none
 */
export function jitter(runs: readonly (readonly (readonly number[] | null)[])[]): number | null {
    let sum = 0;
    let count = 0;
    for (const run of runs) {
        for (let i = 2; i < run.length; i++) {
            const [a, b, c] = [run[i - 2], run[i - 1], run[i]];
            if (!a || !b || !c) {
                continue;
            }
            for (let at = 0; at < a.length; at++) {
                sum += (a[at] - 2 * b[at] + c[at]) ** 2;
            }
            count += a.length / 2;
        }
    }
    return count > 0 ? Math.sqrt(sum / count) : null;
}
