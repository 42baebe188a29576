// Quaternions (x, y, z, w) in flat arrays at offsets: just what kinematics and filters need, without allocation.

import { norm3, norm4 } from "./norm";

export type NumberArray = Float32Array | Float64Array;

/** out[o] = a[i] * b[j]; out may be a or b. */
export function multiply(a: NumberArray, i: number, b: NumberArray, j: number, out: NumberArray, o: number): void {
    const ax = a[i];
    const ay = a[i + 1];
    const az = a[i + 2];
    const aw = a[i + 3];
    const bx = b[j];
    const by = b[j + 1];
    const bz = b[j + 2];
    const bw = b[j + 3];
    out[o] = aw * bx + ax * bw + ay * bz - az * by;
    out[o + 1] = aw * by - ax * bz + ay * bw + az * bx;
    out[o + 2] = aw * bz + ax * by - ay * bx + az * bw;
    out[o + 3] = aw * bw - ax * bx - ay * by - az * bz;
}

/** out[o] = conj(a[i]) * b[j]: the rotation b as seen from the frame a. */
export function multiplyConjugate(
    a: NumberArray,
    i: number,
    b: NumberArray,
    j: number,
    out: NumberArray,
    o: number
): void {
    const ax = -a[i];
    const ay = -a[i + 1];
    const az = -a[i + 2];
    const aw = a[i + 3];
    const bx = b[j];
    const by = b[j + 1];
    const bz = b[j + 2];
    const bw = b[j + 3];
    out[o] = aw * bx + ax * bw + ay * bz - az * by;
    out[o + 1] = aw * by - ax * bz + ay * bw + az * bx;
    out[o + 2] = aw * bz + ax * by - ay * bx + az * bw;
    out[o + 3] = aw * bw - ax * bx - ay * by - az * bz;
}

/** out[o..o+2] = q[i] rotating v[j..j+2]; out may be v. */
export function rotate(q: NumberArray, i: number, v: NumberArray, j: number, out: NumberArray, o: number): void {
    const qx = q[i];
    const qy = q[i + 1];
    const qz = q[i + 2];
    const qw = q[i + 3];
    const x = v[j];
    const y = v[j + 1];
    const z = v[j + 2];
    const tx = 2 * (qy * z - qz * y);
    const ty = 2 * (qz * x - qx * z);
    const tz = 2 * (qx * y - qy * x);
    out[o] = x + qw * tx + qy * tz - qz * ty;
    out[o + 1] = y + qw * ty + qz * tx - qx * tz;
    out[o + 2] = z + qw * tz + qx * ty - qy * tx;
}

export function normalise(q: NumberArray, i: number): void {
    const length = norm4(q[i], q[i + 1], q[i + 2], q[i + 3]);
    q[i] /= length;
    q[i + 1] /= length;
    q[i + 2] /= length;
    q[i + 3] /= length;
}

/** Quaternion of a rotation vector (axis times angle, radians). */
export function fromRotationVector(x: number, y: number, z: number, out: NumberArray, o: number): void {
    const angle = norm3(x, y, z);
    // sin(angle/2)/angle, by its series near zero where the quotient loses digits.
    const factor = angle < 1e-6 ? 0.5 - (angle * angle) / 48 : Math.sin(angle / 2) / angle;
    out[o] = x * factor;
    out[o + 1] = y * factor;
    out[o + 2] = z * factor;
    out[o + 3] = Math.cos(angle / 2);
}

/** Rotation vector (axis times angle, radians, angle at most pi) of a unit quaternion. */
export function toRotationVector(q: NumberArray, i: number, out: NumberArray, o: number): void {
    const sign = q[i + 3] < 0 ? -1 : 1;
    const sine = norm3(q[i], q[i + 1], q[i + 2]);
    const factor = sine < 1e-9 ? 2 * sign : (sign * 2 * Math.atan2(sine, sign * q[i + 3])) / sine;
    out[o] = q[i] * factor;
    out[o + 1] = q[i + 1] * factor;
    out[o + 2] = q[i + 2] * factor;
}

/** Quaternion of a rotation matrix given by its columns at m[0..2], m[3..5], m[6..8] (Shepperd's method). */
export function fromColumns(m: NumberArray, out: NumberArray, o: number): void {
    const trace = m[0] + m[4] + m[8];
    if (trace > 0) {
        const s = Math.sqrt(trace + 1) * 2;
        out[o] = (m[5] - m[7]) / s;
        out[o + 1] = (m[6] - m[2]) / s;
        out[o + 2] = (m[1] - m[3]) / s;
        out[o + 3] = s / 4;
    } else if (m[0] > m[4] && m[0] > m[8]) {
        const s = Math.sqrt(1 + m[0] - m[4] - m[8]) * 2;
        out[o] = s / 4;
        out[o + 1] = (m[3] + m[1]) / s;
        out[o + 2] = (m[6] + m[2]) / s;
        out[o + 3] = (m[5] - m[7]) / s;
    } else if (m[4] > m[8]) {
        const s = Math.sqrt(1 + m[4] - m[0] - m[8]) * 2;
        out[o] = (m[3] + m[1]) / s;
        out[o + 1] = s / 4;
        out[o + 2] = (m[7] + m[5]) / s;
        out[o + 3] = (m[6] - m[2]) / s;
    } else {
        const s = Math.sqrt(1 + m[8] - m[0] - m[4]) * 2;
        out[o] = (m[6] + m[2]) / s;
        out[o + 1] = (m[7] + m[5]) / s;
        out[o + 2] = s / 4;
        out[o + 3] = (m[1] - m[3]) / s;
    }
}

const between = new Float64Array(7);

/** Angle of the rotation that takes one unit quaternion to another, radians, 0..pi. */
export function angleBetween(a: NumberArray, b: NumberArray): number {
    multiplyConjugate(a, 0, b, 0, between, 0);
    toRotationVector(between, 0, between, 4);
    return norm3(between[4], between[5], between[6]);
}
