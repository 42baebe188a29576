// Poses as WebXR gives them (x right, y up, z back) in the axes of camera space (x right, y down, z forward).

/**
 * Both changes of axes are half a turn about x.
 * @param position receives x, y, z
 * @param rotation receives a unit quaternion (x, y, z, w)
 */
export function readXRPose(transform: XRRigidTransform, position: Float64Array, rotation: Float64Array): void {
    const { position: p, orientation: q } = transform;
    position[0] = p.x;
    position[1] = -p.y;
    position[2] = -p.z;
    rotation[0] = q.x;
    rotation[1] = -q.y;
    rotation[2] = -q.z;
    rotation[3] = q.w;
}

/**
 * A rigid transform as seen from another: the inverse of `a` times it, all column-major 4 x 4.
 * @param out holds it at `offset` and receives the result there
 */
export function seenFrom(a: Float32Array, out: Float32Array, offset: number): void {
    for (let column = 0; column < 4; column++) {
        const at = offset + column * 4;
        // Points are shifted to the origin of a, directions are not.
        const isPoint = column === 3 ? 1 : 0;
        const x = out[at] - isPoint * a[12];
        const y = out[at + 1] - isPoint * a[13];
        const z = out[at + 2] - isPoint * a[14];
        out[at] = a[0] * x + a[1] * y + a[2] * z;
        out[at + 1] = a[4] * x + a[5] * y + a[6] * z;
        out[at + 2] = a[8] * x + a[9] * y + a[10] * z;
    }
}
