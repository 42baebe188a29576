// Finger angles of a few gestures, for hands that nobody tracks: the mouse's, and those of demonstrations.

import { DEGREES_OF_FREEDOM } from "./degreesOfFreedom";
import { ANGLE_COUNT } from "./handPose";

/** 22 angles, radians, in the order of `DEGREES_OF_FREEDOM`. */
export type FingerAngles = Float32Array;

/** Fingers from straight (0) to a fist (1), as fractions of their joints' limits; the thumb as it rests. */
function curled(curl: (finger: number) => number): FingerAngles {
    return Float32Array.from(DEGREES_OF_FREEDOM, ({ axis, joint, max, rest }) =>
        joint < 5 ? rest : axis === "flexion" ? curl(Math.floor(joint / 5)) * max : 0
    );
}

/** First ten angles (thumb, index) of a pinch with 14 mm between the tips' joints: skin touches skin. */
export const PINCH_ANGLES = [0.11, 0.44, -0.03, 0.05, 0.29, -0.02, -0.14, 0.85, 0.77, 0.62];
/** A thumb that lies over bent fingers: spread, flexion, twist, then its two joints. */
const CLOSED_THUMB = [0.2, 0.45, -0.1, 0, 0.6, 0.5];
const FIST = 0.92;

function withThumb(angles: FingerAngles, thumb: readonly number[]): FingerAngles {
    angles.set(thumb);
    return angles;
}

/** Fingers a little bent, thumb and index finger apart. */
export const RELAXED: FingerAngles = /* @__PURE__ */ curled((finger) => 0.16 + 0.03 * finger);
/** Tips of thumb and index finger together. */
export const PINCH: FingerAngles = /* @__PURE__ */ withThumb(
    curled((finger) => 0.2 + 0.04 * finger),
    PINCH_ANGLES
);
export const FIST_CLOSED: FingerAngles = /* @__PURE__ */ withThumb(
    curled(() => FIST),
    CLOSED_THUMB
);
/** Index finger straight, the others closed. */
export const POINT: FingerAngles = /* @__PURE__ */ withThumb(
    curled((finger) => (finger === 1 ? 0.03 : FIST)),
    CLOSED_THUMB
);

/** Moves angles toward a gesture's by a fraction of the way. */
export function approachAngles(angles: FingerAngles, goal: FingerAngles, fraction: number): void {
    for (let angle = 0; angle < ANGLE_COUNT; angle++) {
        angles[angle] += fraction * (goal[angle] - angles[angle]);
    }
}
