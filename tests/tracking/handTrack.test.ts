import { describe, expect, it } from "vitest";
import { KEYPOINT_COUNT } from "../../src/hand/joints";
import { createRecoveredHand } from "../../src/hand/recoveredHand";
import { HandTrack } from "../../src/tracking/handTrack";
import { createCropWindow, type CropWindow } from "../../src/camera/cropWindow";
import { cropToImage, windowFromKeypoints } from "../../src/tracking/windows";
import { gaussian, seededRandom } from "../helpers/random";
import { recover, uprightPose } from "../helpers/syntheticHand";

const FRAME_MS = 1000 / 30;

/** Image px to fractions of a window's side. */
function toCrop(px: Float32Array, { cx, cy, side, rotation }: CropWindow): Float32Array {
    const crop = new Float32Array(px.length);
    for (let i = 0; i < px.length; i += 2) {
        const [x, y] = [px[i] - cx, px[i + 1] - cy];
        crop[i] = (Math.cos(rotation) * x + Math.sin(rotation) * y) / side;
        crop[i + 1] = (Math.cos(rotation) * y - Math.sin(rotation) * x) / side;
    }
    return crop;
}

/**
 * A track of a hand that moves by `step` px a frame; of keypoints that are wrong by `noise` of the window's side.
 * @returns the RMS of second differences of the window's middle and of that of the keypoints' own windows, px; how far behind the
 * hand the window is in the end, px
 */
function follow(step: number, noise: number): { tremble: number; own: number; behind: number; side: number } {
    const { window, recovered } = recover(uprightPose([0.02, 0.05, 0.5], 0.1), "right", 0.1, createRecoveredHand());
    const px = new Float32Array(KEYPOINT_COUNT * 2);
    cropToImage(recovered.crop, window, px);
    const track = new HandTrack(1);
    Object.assign(track.window, window);
    const random = seededRandom(4);
    const own = createCropWindow();
    const [middles, owns]: number[][] = [[], []];
    for (let frame = 0; frame < 90; frame++) {
        track.predict(frame * FRAME_MS);
        const crop = toCrop(px, track.window).map((value) => value + noise * gaussian(random));
        track.follow(crop, frame * FRAME_MS);
        windowFromKeypoints(track.keypointsPx, own);
        middles.push(track.window.cx - frame * step);
        owns.push(own.cx - frame * step);
        for (let i = 0; i < px.length; i += 2) {
            px[i] += step;
        }
    }
    const behind = Math.abs(middles[middles.length - 1] - middles[0]);
    return { tremble: bends(middles), own: bends(owns), behind, side: track.window.side };
}

/** RMS of second differences, once all has settled. */
function bends(values: readonly number[]): number {
    const late = values.slice(30);
    const squares = late.slice(2).map((value, i) => (value - 2 * late[i + 1] + late[i]) ** 2);
    return Math.sqrt(squares.reduce((sum, square) => sum + square) / squares.length);
}

describe("the window of a tracked hand", () => {
    it("keeps still where the keypoints of a still hand tremble", () => {
        const { tremble, own } = follow(0, 0.005);
        console.log(
            `windows of the keypoints tremble by ${own.toFixed(2)} px, the track's by ${tremble.toFixed(2)} px`
        );
        expect(tremble).toBeLessThan(0.4 * own);
    });

    it("stays on a hand that moves, slowly or fast", () => {
        for (const step of [0.5, 3, 25]) {
            const { behind, side } = follow(step, 0);
            console.log(`${step} px a frame: ${behind.toFixed(2)} px behind, of a window of ${side.toFixed(0)}`);
            expect(behind).toBeLessThan(0.02 * side);
        }
    });
});
