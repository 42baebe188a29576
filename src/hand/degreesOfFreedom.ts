// The 22 finger angles: which joint each turns, about which axis, and how far.

import { ANGLE_COUNT } from "./handPose";

/** One finger angle. Flexion turns about the joint's -x (positive curls), abduction about y, twist about z. */
export interface DegreeOfFreedom {
    joint: number;
    axis: "flexion" | "abduction" | "twist";
    /** Range, radians relative to the rig's rest pose. */
    min: number;
    max: number;
    /** Angle of a relaxed hand, radians: where the fit goes when the image does not tell. */
    rest: number;
}

// Ranges: the clinical limits (e-hand.com) and those of published rigs, seen from this rig's rest pose (fingers almost straight).
const dof = (joint: number, axis: DegreeOfFreedom["axis"], min: number, max: number, rest = 0): DegreeOfFreedom => ({
    joint,
    axis,
    min,
    max,
    rest,
});

function fingerAngles(metacarpal: number): DegreeOfFreedom[] {
    return [
        dof(metacarpal + 1, "abduction", -0.4, 0.4),
        dof(metacarpal + 1, "flexion", -0.5, 1.65, 0.3),
        dof(metacarpal + 2, "flexion", -0.1, 1.95, 0.3),
        dof(metacarpal + 3, "flexion", -0.2, 1.4, 0.2),
    ];
}

/**
 * In the order of a pose's `angles`. Within a joint, abduction comes first, then flexion, then twist:
 * its rotation is R_y(abduction) R_x(-flexion) R_z(twist).
 */
export const DEGREES_OF_FREEDOM: readonly DegreeOfFreedom[] = [
    dof(1, "abduction", -0.7, 0.7),
    dof(1, "flexion", -0.6, 0.6),
    dof(1, "twist", -0.5, 0.5),
    dof(2, "abduction", -0.25, 0.25),
    dof(2, "flexion", -0.4, 1.1, 0.2),
    dof(3, "flexion", -0.5, 1.45, 0.2),
    ...fingerAngles(5),
    ...fingerAngles(10),
    ...fingerAngles(15),
    ...fingerAngles(20),
];

if (DEGREES_OF_FREEDOM.length !== ANGLE_COUNT) {
    throw new Error(`${DEGREES_OF_FREEDOM.length} degrees of freedom are listed, ${ANGLE_COUNT} are declared.`);
}

/** Pairs of angle indices [middle joint, end joint] of each finger: the end joint follows the middle one. */
export const COUPLED_ANGLES: readonly (readonly [number, number])[] = [
    [8, 9],
    [12, 13],
    [16, 17],
    [20, 21],
];

/** How far the end joint bends for each radian of the middle one. */
export const COUPLING = 2 / 3;
