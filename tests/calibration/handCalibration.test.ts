import { describe, expect, it } from "vitest";
import { findCardPose } from "../../src/calibration/cardPose";
import { findFieldOfView } from "../../src/calibration/fieldOfView";
import { cardSighting, palmLengthFromCard, palmLengthFromMillimetres } from "../../src/calibration/handCalibration";
import { registerPoints } from "../../src/camera/registration";
import { HandTrackingError } from "../../src/errors";
import { REFERENCE_PALM } from "../../src/hand/genericHand";
import { createHandState } from "../../src/hand/handState";
import { KEYPOINT_COUNT, ROOT_JOINT, WRIST } from "../../src/hand/joints";
import { poseKeypoints } from "../../src/hand/kinematics";
import { gaussian, seededRandom } from "../helpers/random";
import { uprightPose } from "../helpers/syntheticHand";
import { HEIGHT, percentile, relisted, seenCard, WIDTH } from "./cards";

const FOCAL = 1000;
const INTRINSICS = { fx: FOCAL, fy: FOCAL, cx: WIDTH / 2, cy: HEIGHT / 2 };
const DEGREE = Math.PI / 180;

function refusal(run: () => unknown): HandTrackingError {
    try {
        run();
    } catch (error) {
        expect(error).toBeInstanceOf(HandTrackingError);
        expect((error as HandTrackingError).fatal).toBe(false);
        return error as HandTrackingError;
    }
    throw new Error("nothing was refused");
}

describe("a card's pose", () => {
    it("is found whichever corner is marked first, in either direction", () => {
        let [depth, tilt] = [0, 0];
        for (const turn of [0, 0.4, Math.PI / 2, 2.5]) {
            const corners = seenCard(FOCAL, [0.05, -0.03, 0.4], [0.4, -0.3, turn]);
            for (let from = 0; from < 4; from++) {
                for (const isReversed of [false, true]) {
                    const pose = findCardPose(relisted(corners, from, isReversed), INTRINSICS);
                    depth = Math.max(depth, Math.abs(pose.translation[2] - 0.4));
                    tilt = Math.max(tilt, pose.residualPx);
                }
            }
        }
        console.log(
            `32 listings: depth within ${depth.toExponential(1)} m, corners within ${tilt.toExponential(1)} px`
        );
        expect(depth).toBeLessThan(1e-6);
        expect(tilt).toBeLessThan(1e-4);
    });

    it("has a depth whose error is as large as it says, at 0.5 px of noise", () => {
        const random = seededRandom(1);
        const scores: number[] = [];
        const errors: number[] = [];
        for (let i = 0; i < 300; i++) {
            const depth = 0.3 + 0.4 * random();
            const tilts = [0.5 * (random() - 0.5), 0.5 * (random() - 0.5), 6.28 * random()];
            const corners = seenCard(
                FOCAL,
                [0.1 * (random() - 0.5), 0.1 * (random() - 0.5), depth],
                tilts,
                0.5,
                random
            );
            const pose = findCardPose(corners, INTRINSICS);
            const error = pose.translation[2] - depth;
            errors.push(Math.abs(error) / depth);
            scores.push(Math.abs(error) / (pose.depthSigmaPerPx * 0.5));
        }
        const within = scores.filter((score) => score < 2).length / scores.length;
        console.log(
            `depth errs by ${(percentile(errors, 0.5) * 100).toFixed(2)} % (median), ${(percentile(errors, 0.95) * 100).toFixed(2)} % (95th percentile); ${(within * 100).toFixed(0)} % within two sigma`
        );
        expect(percentile(errors, 0.95)).toBeLessThan(0.02);
        expect(within).toBeGreaterThan(0.88);
    });

    it("is refused of corners that no card has", () => {
        const good = seenCard(FOCAL, [0, 0, 0.4], [0, 0, 0]);
        const cases: Record<string, number[]> = {
            "three corners": good.slice(0, 6),
            "a NaN": good.map((px, i) => (i === 3 ? NaN : px)),
            crossed: [...good.slice(0, 2), ...good.slice(4, 6), ...good.slice(2, 4), ...good.slice(6)],
            "one point": good.map((_, i) => good[i % 2]),
            "too small": seenCard(FOCAL, [0, 0, 3], [0, 0, 0]),
        };
        for (const [name, corners] of Object.entries(cases)) {
            const { code, message } = refusal(() => findCardPose(corners, INTRINSICS));
            console.log(`${name}: ${message}`);
            expect(code).toBe("calibration-failed");
        }
    });
});

describe("the field of view by a card", () => {
    const tilted = (random: () => number, noisePx: number, focal: number): number[][] =>
        Array.from({ length: 5 }, (_, i) => {
            const azimuth = (2 * Math.PI * i) / 5 + 0.5 * random();
            const tilt = (30 + 20 * random()) * DEGREE;
            return seenCard(
                focal,
                [0.06 * (random() - 0.5), 0.06 * (random() - 0.5), (0.16 + 0.06 * random()) * (focal / FOCAL)],
                [tilt * Math.cos(azimuth), tilt * Math.sin(azimuth), 0.3 * (random() - 0.5)],
                noisePx,
                random
            );
        });

    it("is exact without noise, of any lens", () => {
        for (const focal of [600, 900, 1400]) {
            const found = findFieldOfView(tilted(seededRandom(2), 0, focal), WIDTH, HEIGHT);
            console.log(`focal length ${found.focalPx.toFixed(4)} of ${focal} px`);
            expect(found.focalPx / focal).toBeCloseTo(1, 6);
        }
    });

    it("is known within 2 % from 5 views of 0.5 px noise, with an honest sigma", () => {
        const random = seededRandom(3);
        const errors: number[] = [];
        const scores: number[] = [];
        for (let i = 0; i < 100; i++) {
            const found = findFieldOfView(tilted(random, 0.5, FOCAL), WIDTH, HEIGHT);
            errors.push(Math.abs(found.focalPx / FOCAL - 1));
            scores.push(Math.abs(found.fieldOfView - 2 * Math.atan(WIDTH / 2 / FOCAL)) / found.sigma);
        }
        const within = scores.filter((score) => score < 2).length / scores.length;
        console.log(
            `focal length errs by ${(percentile(errors, 0.5) * 100).toFixed(2)} % (median), ${(percentile(errors, 0.95) * 100).toFixed(2)} % (95th percentile), ${(Math.max(...errors) * 100).toFixed(2)} % at most; ${(within * 100).toFixed(0)} % within two sigma`
        );
        expect(percentile(errors, 0.95)).toBeLessThan(0.02);
        expect(within).toBeGreaterThan(0.9);
    });

    it("is refused where views do not tell it", () => {
        const random = seededRandom(4);
        const frontal = (noisePx: number): number[][] =>
            Array.from({ length: 5 }, () =>
                seenCard(FOCAL, [0.05 * random(), 0, 0.2 + 0.1 * random()], [0, 0, random()], noisePx, random)
            );
        const good = tilted(random, 0.5, FOCAL);
        const cases: Record<string, number[][]> = {
            "two views": good.slice(0, 2),
            frontal: frontal(0),
            "frontal with noise": frontal(0.5),
            "not a card": good.map((view) => view.map((px, i) => (i === 5 ? px + 60 : px))),
            "a square": good.map((view) => view.map((px, i) => (i % 2 === 0 ? px : 360 + (px - 360) * 1.5))),
        };
        for (const [name, views] of Object.entries(cases)) {
            const { code, message } = refusal(() => findFieldOfView(views, WIDTH, HEIGHT));
            console.log(`${name}: ${message}`);
            expect(code).toBe("calibration-failed");
            if (name.startsWith("frontal")) {
                expect(message).toContain("tilt it by 30 to 50 degrees");
            }
        }
        let refused = 0;
        for (let i = 0; i < 100; i++) {
            try {
                findFieldOfView(frontal(0.5), WIDTH, HEIGHT);
            } catch {
                refused++;
            }
        }
        console.log(`${refused} of 100 sets of frontal views refused`);
        expect(refused).toBe(100);
    });
});

describe("the palm's length", () => {
    /** The tracker's depth of a hand of a certain palm that it takes to have the reference palm. */
    function sighting(palm: number, depth: number, focal: number, random: () => number) {
        const pose = uprightPose([-0.08, 0.05, depth], 0.1, [0.1 * gaussian(random), 0.1 * gaussian(random), 0]);
        pose.size = palm / REFERENCE_PALM;
        const keypoints = new Float64Array(KEYPOINT_COUNT * 3);
        poseKeypoints(pose, "right", keypoints);
        const rays = new Float64Array(KEYPOINT_COUNT * 2);
        for (let i = 0; i < KEYPOINT_COUNT; i++) {
            for (let k = 0; k < 2; k++) {
                // Seen by FOCAL, read by a tracker that takes the camera for one of `focal`.
                const px = (FOCAL * keypoints[i * 3 + k]) / keypoints[i * 3 + 2] + gaussian(random) * 2;
                rays[i * 2 + k] = px / focal;
            }
        }
        const relative = keypoints.map((value, i) => (value - keypoints[i % 3]) / pose.size);
        const at = new Float64Array(3);
        expect(registerPoints(relative, rays, new Float64Array(KEYPOINT_COUNT).fill(1), at)).toBe(true);
        const state = createHandState("right");
        for (const [joint, keypoint] of [
            [WRIST, 0],
            [ROOT_JOINT, 9],
        ]) {
            // prettier-ignore
            state.joints[joint * 3 + 2] = at[2] + relative[keypoint * 3 + 2];
        }
        const place = [0.08, 0.02, depth + 0.005 * gaussian(random)];
        const tilts = [0.1 * gaussian(random), 0.1 * gaussian(random), gaussian(random)];
        return cardSighting(state, seenCard(FOCAL, place, tilts, 0.5, random));
    }

    for (const [name, focal] of [
        ["known", FOCAL],
        ["taken 15 % too long", FOCAL * 1.15],
    ] as const) {
        // prettier-ignore
        it(`is found by a card within 3 %, the focal length ${name}`, () => {
            const random = seededRandom(5);
            const errors: number[] = [];
            let [inside, sigmas] = [0, 0];
            for (let i = 0; i < 100; i++) {
                const palm = REFERENCE_PALM * (0.85 + 0.3 * random());
                const depth = 0.35 + 0.2 * random();
                const sightings = Array.from({ length: 5 }, () => sighting(palm, depth, focal, random));
                const intrinsics = { fx: focal, fy: focal, cx: WIDTH / 2, cy: HEIGHT / 2 };
                const found = palmLengthFromCard(sightings, intrinsics);
                errors.push(Math.abs(found.palmLength / palm - 1));
                inside += Number(Math.abs(found.palmLength - palm) < 2 * found.sigma) / 100;
                sigmas += found.sigma / palm / 100;
            }
            console.log(
                `focal length ${name}: palm errs by ${(percentile(errors, 0.5) * 100).toFixed(2)} % (median), ${(percentile(errors, 0.95) * 100).toFixed(2)} % (95th percentile); says ${(sigmas * 100).toFixed(1)} %, ${(inside * 100).toFixed(0)} % within two sigma`
            );
            expect(percentile(errors, 0.95)).toBeLessThan(0.03);
            expect(inside).toBeGreaterThan(0.95);
        });
    }

    it("is refused of tilted cards, missing hands and impossible palms", () => {
        const flat = seenCard(FOCAL, [0, 0, 0.4], [0, 0, 0]);
        const cases = {
            "no picture": [],
            "no hand": [{ corners: flat, palmLength: 0.092, handDepth: NaN }],
            "a tilted card": [
                { corners: seenCard(FOCAL, [0, 0, 0.4], [0.9, 0, 0]), palmLength: 0.092, handDepth: 0.4 },
            ],
            "a card at the camera": [
                { corners: seenCard(FOCAL, [0, 0, 0.13], [0, 0, 0]), palmLength: 0.092, handDepth: 0.6 },
            ],
        };
        for (const [name, sightings] of Object.entries(cases)) {
            const { code, message } = refusal(() => palmLengthFromCard(sightings, INTRINSICS));
            console.log(`${name}: ${message}`);
            expect(code).toBe("calibration-failed");
        }
    });

    it("may be given in millimetres, and is refused where no hand is like it", () => {
        expect(palmLengthFromMillimetres(97)).toBeCloseTo(0.097, 12);
        for (const wrong of [0, 9.7, -97, 970, NaN, Infinity]) {
            expect(() => palmLengthFromMillimetres(wrong)).toThrow(`A palm of ${wrong} mm`);
        }
    });
});
