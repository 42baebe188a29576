// From an observed hand to the hand at the moment that is drawn.

import { createHandPose } from "../hand/handPose";
import type { HandState } from "../hand/handState";
import { forwardKinematics } from "../hand/kinematics";
import { fromRotationVector, multiply } from "../hand/quaternion";
import type { HandObservation } from "./handObservation";

/** A hand is carried on at its velocity for this long after its last frame, ms... */
const FULL_PREDICTION_MS = 60;
/** ...then ever more slowly, to this at most: it comes to rest instead of halting in steps where frames are late. */
export const MAX_PREDICTION_MS = 120;

const pose = createHandPose();
const turn = new Float64Array(4);

function reachAhead(ms: number): number {
    const rest = MAX_PREDICTION_MS - FULL_PREDICTION_MS;
    return ms <= FULL_PREDICTION_MS
        ? Math.max(ms, 0)
        : FULL_PREDICTION_MS + rest * (1 - Math.exp((FULL_PREDICTION_MS - ms) / rest));
}

/**
 * The hand of an observation at `timeMs`, by constant velocity from the capture time.
 * @param state receives everything of a HandState
 */
export function predictHandState(observation: HandObservation, timeMs: number, state: HandState): void {
    const aheadMs = reachAhead(timeMs - observation.timeMs);
    const ahead = aheadMs / 1000;
    const { pose: seen, velocity, angularVelocity, angleVelocities } = observation;
    pose.size = seen.size;
    pose.proportions.set(seen.proportions);
    for (let k = 0; k < 3; k++) {
        pose.translation[k] = seen.translation[k] + velocity[k] * ahead;
    }
    for (let angle = 0; angle < pose.angles.length; angle++) {
        pose.angles[angle] = seen.angles[angle] + angleVelocities[angle] * ahead;
    }
    fromRotationVector(angularVelocity[0] * ahead, angularVelocity[1] * ahead, angularVelocity[2] * ahead, turn, 0);
    multiply(turn, 0, seen.rotation, 0, pose.rotation, 0);
    forwardKinematics(pose, observation.side, state);
    state.id = observation.id;
    state.timeMs = observation.timeMs + aheadMs;
    state.confidence = observation.presence;
    state.sigma = observation.sigma;
    state.depthSigma = observation.depthSigma;
    state.keypointsPx.set(observation.keypointsPx);
}
