// Where a headset's camera is, found with the user's own hands: the headset knows its joints in space, the camera their pixels.

import type { Intrinsics } from "../camera/intrinsics";
import { HandTrackingError } from "../errors";
import type { HandState } from "../hand/handState";
import { KEYPOINT_COUNT, KEYPOINT_JOINTS, type HandSide } from "../hand/joints";
import { NormalEquations } from "../hand/leastSquares";
import { fromRotationVector, multiply, rotate } from "../hand/quaternion";

/** A camera that is fixed to a headset and whose pictures come late. */
export interface HeadsetCamera {
    /** Where it is before the viewer, in the viewer's axes (x right, y down, z forward), metres. */
    position: Float64Array;
    /** Unit quaternion (x, y, z, w) from the camera's axes to the viewer's. */
    rotation: Float64Array;
    /** Its focal length over the one that was assumed. */
    focalScale: number;
    /** From the exposure to the time that its frames have, ms. */
    latencyMs: number;
}

/** What a calibration has found, and how well it fits. */
export interface HeadsetCameraFit extends HeadsetCamera {
    /** Median distance of keypoints to where they should be in the picture, px of the picture. */
    residualPx: number;
    /** Sightings that it rests on. */
    sightings: number;
}

/** In the middle of the viewer, looking ahead, without delay: where a calibration begins. */
export function createHeadsetCamera(): HeadsetCamera {
    return {
        position: new Float64Array(3),
        rotation: Float64Array.of(0, 0, 0, 1),
        focalScale: 1,
        latencyMs: 0,
    };
}

/** Delays that are tried, ms: 40 to 60 are usual for headsets' cameras, networks of cameras take longer. */
const LATENCIES = Array.from({ length: 21 }, (_, i) => i * 10);
/** Headset poses that are kept: half a second at 120 a second, for the longest delay and for the networks' time. */
const TRACK = 64;
/** Sightings that are kept, and the least that a calibration rests on. */
const MOST = 240;
const LEAST = 100;
/** The hand must have been seen over so much of the picture (standard deviation of directions) and of depth (metres). */
const LEAST_DIRECTIONS = Math.tan((5 * Math.PI) / 180);
const LEAST_DEPTHS = 0.03;
/** Network and headset agree on joints to about this, px of a picture of 640; what is farther off counts less (Huber). */
const TOLERANCE = 6 / 640;
const ITERATIONS = 40;
const FIRST_DAMPING = 1e-3;
/** Rotation, translation, logarithm of the focal length. */
const UNKNOWNS = 7;
/** The focal length is known to about this before (standard deviation of its logarithm). */
const FOCAL_PRIOR = 0.1;
/** Joints that networks and headsets mean alike: not the wrist, which they put in other places, and not the fingertips. */
const USED = Array.from({ length: KEYPOINT_COUNT }, (_, keypoint) => keypoint).filter((k) => k > 0 && k % 4 !== 0);

interface Sighting {
    /** Of each used joint: (u, v) from the principal point over the assumed focal length. */
    rays: Float64Array;
    /** For each delay, positions of the used joints before the viewer, metres. */
    points: Float64Array[];
    /** Focal length, px. */
    focal: number;
}

/** Joints of one side as the headset had them. */
class Track {
    private readonly _times = new Float64Array(TRACK).fill(-Infinity);
    private readonly _points = Array.from({ length: TRACK }, () => new Float64Array(USED.length * 3));
    private _next = 0;

    public add({ joints, timeMs }: HandState): void {
        this._times[this._next] = timeMs;
        const points = this._points[this._next];
        USED.forEach((keypoint, i) => {
            const joint = KEYPOINT_JOINTS[keypoint] * 3;
            for (let k = 0; k < 3; k++) {
                points[i * 3 + k] = joints[joint + k];
            }
        });
        this._next = (this._next + 1) % TRACK;
    }

    /** Between the two poses next to a time; null outside of them. */
    public at(timeMs: number): Float64Array | null {
        let before = -1;
        let after = -1;
        for (let i = 0; i < TRACK; i++) {
            const time = this._times[i];
            if (time <= timeMs && (before < 0 || time > this._times[before])) {
                before = i;
            }
            if (time >= timeMs && (after < 0 || time < this._times[after])) {
                after = i;
            }
        }
        if (before < 0 || after < 0 || this._times[before] === -Infinity) {
            return null;
        }
        const span = this._times[after] - this._times[before];
        const share = span > 0 ? (timeMs - this._times[before]) / span : 0;
        const [a, b] = [this._points[before], this._points[after]];
        return a.map((value, i) => value + share * (b[i] - value));
    }
}

/**
 * Gathers what headset and camera see of the same hands, and finds the camera. The user moves a hand through the camera's picture,
 * nearer and farther; only the directions of joints are used, so the network's own depth does not matter.
 */
export class HeadsetCameraCalibration {
    private readonly _tracks: Record<HandSide, Track> = { left: new Track(), right: new Track() };
    private readonly _sightings: Sighting[] = [];
    private _next = 0;

    /** How far along it is, 0..1: at 1 `solve` has enough sightings. */
    public get progress(): number {
        return Math.min(this._sightings.length / LEAST, 1);
    }

    /** Takes a hand as the headset has it: joints relative to the viewer (`XRHandSource`), at the frame's time. */
    public addHeadset(state: HandState): void {
        this._tracks[state.side].add(state);
    }

    /**
     * Takes a hand as the camera has it.
     * @param keypointsPx 21 x (u, v)
     * @param timeMs that the frame has, on the clock of the headset's states
     */
    public addCamera(side: HandSide, keypointsPx: ArrayLike<number>, intrinsics: Intrinsics, timeMs: number): void {
        const points: Float64Array[] = [];
        for (const latencyMs of LATENCIES) {
            const at = this._tracks[side].at(timeMs - latencyMs);
            if (!at) {
                return;
            }
            points.push(at);
        }
        const rays = new Float64Array(USED.length * 2);
        USED.forEach((keypoint, i) => {
            rays[i * 2] = (keypointsPx[keypoint * 2] - intrinsics.cx) / intrinsics.fx;
            rays[i * 2 + 1] = (keypointsPx[keypoint * 2 + 1] - intrinsics.cy) / intrinsics.fy;
        });
        this._sightings[this._next] = { rays, points, focal: intrinsics.fx };
        this._next = (this._next + 1) % MOST;
    }

    /**
     * Finds the camera.
     * @throws HandTrackingError `calibration-failed` that says what was not seen yet
     */
    public solve(): HeadsetCameraFit {
        const count = this._sightings.length;
        if (count < LEAST) {
            throw failed(`headset and camera have seen a hand together ${count} times of ${LEAST}`);
        }
        this._checkSpread();
        let best: (Pose & { latencyMs: number; cost: number }) | null = null;
        for (const [latency, latencyMs] of LATENCIES.entries()) {
            const pose: Pose = best ? copyPose(best) : createPose();
            const cost = fit(this._sightings, latency, pose);
            if (cost < (best?.cost ?? Infinity)) {
                best = { ...pose, latencyMs, cost };
            }
        }
        if (!best) {
            throw failed("no place of the camera fits");
        }
        return this._describe(best, best.latencyMs);
    }

    private _checkSpread(): void {
        const middles = this._sightings.map(({ points }) => mean(points[0]));
        const spread = (of: (middle: number[]) => number): number => {
            const values = middles.map(of);
            const average = values.reduce((sum, value) => sum + value, 0) / values.length;
            return Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length);
        };
        const across = Math.max(
            spread(([x, , z]) => x / z),
            spread(([, y, z]) => y / z)
        );
        const depth = spread(([, , z]) => z);
        if (across < LEAST_DIRECTIONS || depth < LEAST_DEPTHS) {
            throw failed(
                `the hand was seen over ${((Math.atan(across) * 180) / Math.PI).toFixed(1)} degrees and ${(100 * depth).toFixed(1)} cm of depth only`
            );
        }
    }

    /** The viewer's pose before the camera, turned round. */
    private _describe(pose: Pose, latencyMs: number): HeadsetCameraFit {
        const rotation = pose.rotation.map((value, k) => (k < 3 ? -value : value));
        const position = new Float64Array(3);
        rotate(rotation, 0, pose.translation, 0, position, 0);
        const residuals = residualsPx(this._sightings, LATENCIES.indexOf(latencyMs), pose).sort((a, b) => a - b);
        return {
            position: position.map((value) => -value),
            rotation,
            focalScale: Math.exp(pose.logFocal),
            latencyMs,
            residualPx: residuals[residuals.length >> 1],
            sightings: this._sightings.length,
        };
    }
}

/** Takes points before the viewer to points before the camera. */
interface Pose {
    rotation: Float64Array;
    translation: Float64Array;
    logFocal: number;
}

const createPose = (): Pose => ({
    rotation: Float64Array.of(0, 0, 0, 1),
    translation: new Float64Array(3),
    logFocal: 0,
});
const copyPose = ({ rotation, translation, logFocal }: Pose): Pose => ({
    rotation: rotation.slice(),
    translation: translation.slice(),
    logFocal,
});

function failed(why: string): HandTrackingError {
    return new HandTrackingError(
        "calibration-failed",
        `The headset's camera can't be placed: ${why}. Hold a hand before you and move it through the whole view, nearer and farther, for some ten seconds.`,
        false
    );
}

function mean(points: Float64Array): number[] {
    const sum = [0, 0, 0];
    points.forEach((value, i) => (sum[i % 3] += value));
    return sum.map((value) => (value * 3) / points.length);
}

/** Levenberg-Marquardt over the pose, with Huber's weights. @returns the robust cost; infinite where points go behind the camera */
function fit(sightings: readonly Sighting[], latency: number, pose: Pose): number {
    const equations = new NormalEquations(UNKNOWNS);
    const step = new Float64Array(UNKNOWNS);
    const turn = new Float64Array(4);
    let cost = build(equations, sightings, latency, pose);
    let damping = FIRST_DAMPING;
    for (let i = 0; i < ITERATIONS; i++) {
        if (!equations.solve(damping, step)) {
            return cost;
        }
        const kept = copyPose(pose);
        fromRotationVector(step[0], step[1], step[2], turn, 0);
        multiply(turn, 0, pose.rotation, 0, pose.rotation, 0);
        for (let k = 0; k < 3; k++) {
            pose.translation[k] += step[3 + k];
        }
        pose.logFocal += step[6];
        const next = build(equations, sightings, latency, pose);
        if (next <= cost) {
            const gain = cost - next;
            cost = next;
            damping /= 10;
            if (gain <= 1e-9 * cost) {
                break;
            }
        } else {
            Object.assign(pose, kept);
            build(equations, sightings, latency, pose);
            damping *= 10;
        }
    }
    return cost;
}

const turned = new Float64Array(3);

/** Fills the normal equations at a pose. */
function build(equations: NormalEquations, sightings: readonly Sighting[], latency: number, pose: Pose): number {
    equations.reset();
    const row = new Float64Array(UNKNOWNS);
    const scale = Math.exp(pose.logFocal);
    let cost = (pose.logFocal / FOCAL_PRIOR) ** 2;
    equations.addPrior(6, -pose.logFocal, 1 / FOCAL_PRIOR ** 2);
    for (const { rays, points } of sightings) {
        const before = points[latency];
        for (let i = 0; i < USED.length; i++) {
            rotate(pose.rotation, 0, before, i * 3, turned, 0);
            const [x, y, z] = turned;
            const p = [x + pose.translation[0], y + pose.translation[1], z + pose.translation[2]];
            if (!(p[2] > 0)) {
                return Infinity;
            }
            const error = [0, 1].map((k) => rays[i * 2 + k] - (scale * p[k]) / p[2]);
            const distance = Math.hypot(error[0], error[1]) / TOLERANCE;
            const weight = Math.min(1, 1 / distance) / TOLERANCE ** 2;
            cost += distance <= 1 ? distance * distance : 2 * distance - 1;
            for (let k = 0; k < 2; k++) {
                // u = s x / z. Of a turn w about the viewer: dp = w x turned.
                const gradient = [0, 0, (-scale * p[k]) / (p[2] * p[2])];
                gradient[k] = scale / p[2];
                row[0] = y * gradient[2] - z * gradient[1];
                row[1] = z * gradient[0] - x * gradient[2];
                row[2] = x * gradient[1] - y * gradient[0];
                row.set(gradient, 3);
                row[6] = (scale * p[k]) / p[2];
                equations.addRow(row, error[k], weight);
            }
        }
    }
    return cost;
}

function residualsPx(sightings: readonly Sighting[], latency: number, pose: Pose): number[] {
    const scale = Math.exp(pose.logFocal);
    const found: number[] = [];
    for (const { rays, points, focal } of sightings) {
        for (let i = 0; i < USED.length; i++) {
            rotate(pose.rotation, 0, points[latency], i * 3, turned, 0);
            const z = turned[2] + pose.translation[2];
            const u = (scale * (turned[0] + pose.translation[0])) / z;
            const v = (scale * (turned[1] + pose.translation[1])) / z;
            found.push(focal * Math.hypot(rays[i * 2] - u, rays[i * 2 + 1] - v));
        }
    }
    return found;
}
