import { describe, expect, it } from "vitest";
import { createHeadsetCamera, HeadsetCameraCalibration } from "../../src/calibration/headsetCamera";
import type { HandTrackingError } from "../../src/errors";
import { KEYPOINT_COUNT, KEYPOINT_JOINTS } from "../../src/hand/joints";
import { angleBetween, fromRotationVector, rotate } from "../../src/hand/quaternion";
import { gaussian, seededRandom } from "../helpers/random";
import { gestureState } from "../helpers/scriptedHand";

const HEADSET_MS = 1000 / 72;
const CAMERA_MS = 1000 / 30;
const WIDTH = 1280;
/** Assumed; the true one is 8 % longer. */
const INTRINSICS = { fx: 780, fy: 780, cx: 640, cy: 360 };
const FOCAL = 1.08;
/** A camera right of the nose, before and above the eyes, that looks down by 15 degrees, 60 ms late. */
const PLACE = [0.032, -0.02, 0.05];
const PITCH = -0.26;
const LATENCY_MS = 60;
/** Headset and network disagree on joints by this, metres and px: a bias that stays with the joint, and noise. */
const BIAS = 0.006;
const NOISE_PX = 4;

/** A hand that goes through the view. */
function handAt(timeMs: number, reach: number): ReturnType<typeof gestureState> {
    const s = timeMs / 1000;
    const position = [
        0.05 + reach * 0.16 * Math.sin(1.3 * s),
        0.12 + reach * 0.1 * Math.sin(2.1 * s),
        0.42 + reach * 0.13 * Math.sin(0.9 * s),
    ];
    return gestureState("right", timeMs, position, { pinch: 0.3 + 0.3 * Math.sin(3 * s) }, [0.2 * Math.sin(s), 0.3, 0]);
}

function record(calibration: HeadsetCameraCalibration, seconds: number, reach: number): void {
    const random = seededRandom(7);
    const rotation = new Float64Array(4);
    fromRotationVector(PITCH, 0, 0, rotation, 0);
    const inverse = rotation.map((value, k) => (k < 3 ? -value : value));
    const bias = Float64Array.from({ length: KEYPOINT_COUNT * 3 }, () => BIAS * gaussian(random));
    const point = new Float64Array(3);
    let nextCamera = 400;
    for (let timeMs = 0; timeMs < seconds * 1000; timeMs += HEADSET_MS) {
        calibration.addHeadset(handAt(timeMs, reach));
        if (timeMs < nextCamera) {
            continue;
        }
        nextCamera += CAMERA_MS;
        // Exposed before, to the headset's last pose at most.
        const seen = handAt(timeMs - LATENCY_MS, reach);
        const px = new Float64Array(KEYPOINT_COUNT * 2);
        for (let keypoint = 0; keypoint < KEYPOINT_COUNT; keypoint++) {
            const joint = KEYPOINT_JOINTS[keypoint] * 3;
            for (let k = 0; k < 3; k++) {
                point[k] = seen.joints[joint + k] + bias[keypoint * 3 + k] - PLACE[k];
            }
            rotate(inverse, 0, point, 0, point, 0);
            px[keypoint * 2] =
                INTRINSICS.cx + (FOCAL * INTRINSICS.fx * point[0]) / point[2] + NOISE_PX * gaussian(random);
            px[keypoint * 2 + 1] =
                INTRINSICS.cy + (FOCAL * INTRINSICS.fy * point[1]) / point[2] + NOISE_PX * gaussian(random);
        }
        calibration.addCamera("right", px, INTRINSICS, timeMs);
    }
}

describe("a headset's camera", () => {
    it("is placed by the user's own hand: pose, focal length and delay", () => {
        const calibration = new HeadsetCameraCalibration();
        record(calibration, 10, 1);
        const fit = calibration.solve();
        const truth = createHeadsetCamera();
        fromRotationVector(PITCH, 0, 0, truth.rotation, 0);
        const off = Math.hypot(...[0, 1, 2].map((k) => fit.position[k] - PLACE[k]));
        const turn = (angleBetween(fit.rotation, truth.rotation) * 180) / Math.PI;
        console.log(
            `${fit.sightings} sightings of ${WIDTH} px: place within ${(1000 * off).toFixed(1)} mm, ${turn.toFixed(2)} degrees, ` +
                `focal length ${(100 * (fit.focalScale / FOCAL - 1)).toFixed(2)} %, delay ${fit.latencyMs} of ${LATENCY_MS} ms, residual ${fit.residualPx.toFixed(1)} px`
        );
        expect(off).toBeLessThan(0.012);
        expect(turn).toBeLessThan(1);
        expect(Math.abs(fit.focalScale / FOCAL - 1)).toBeLessThan(0.02);
        expect(Math.abs(fit.latencyMs - LATENCY_MS)).toBeLessThanOrEqual(10);
        expect(fit.residualPx).toBeLessThan(20);
    });

    it("says what was not seen yet", () => {
        const few = new HeadsetCameraCalibration();
        record(few, 1.5, 1);
        const still = new HeadsetCameraCalibration();
        record(still, 10, 0.05);
        const messages = [few, still].map((calibration) => {
            try {
                calibration.solve();
                return "solved";
            } catch (error) {
                expect((error as HandTrackingError).code).toBe("calibration-failed");
                return (error as Error).message;
            }
        });
        console.log(messages.join(" | "));
        expect(messages[0]).toMatch(/together \d+ times of 100/);
        expect(messages[1]).toMatch(/degrees/);
        expect(few.progress).toBeLessThan(1);
        expect(still.progress).toBe(1);
    });
});
