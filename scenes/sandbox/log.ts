// What happened in the sandbox, for the headless demo and the tests: window.__sandbox.

import type { PhysicsBody } from "@babylonjs/core/Physics/v2/physicsBody";
import {
    createHandObservation,
    unpackObservation,
    type HandTrackingBehavior,
    type ImageSequenceSource,
    type PipelineClientResult,
} from "../../src/index";
import type { Quality } from "./quality";
import type { World } from "./world";

/** One line of the log. */
export interface SandboxEvent {
    timeMs: number;
    /** Number of frames processed before it. */
    frame: number;
    kind: string;
    side?: string;
    detail?: string;
}

/** One thing's way from the grip to the release. */
export interface Carry {
    thing: string;
    side: string;
    /** Greatest height above where it was taken, metres. */
    lift: number;
    /** Greatest distance, in the plane of the table, from where it was taken, metres. */
    travel: number;
    /** Frames for which it was held; -1 while it is. */
    frames: number;
    /** Speed at the release, metres a second. */
    releaseSpeed: number;
}

/** Figures and events, read by tools/demo.ts and the browser tests. */
export interface SandboxReport {
    events: SandboxEvent[];
    framesProcessed: number;
    framesWithHand: number;
    errors: string[];
    carries: Carry[];
    /** Whether the clip that is followed frame by frame is over. */
    done: boolean;
    /** Name of the moment at which the clip waits for a picture to be taken. */
    snapshot: string | null;
    /** The first frames' results: 2D keypoints (px) and wrist (metres) of the first hand. */
    firstHands: { keypointsPx: number[]; wrist: number[] }[];
}

declare global {
    interface Window {
        __sandbox: SandboxReport;
        /** For tests that reach into the running scene. */
        __scene: { behaviour: HandTrackingBehavior; world: World; resume: () => void };
    }
}

/** Joints. */
const THUMB_TIP = 4;
const INDEX_TIP = 9;
/** How many results are kept in `firstHands`. */
const KEPT_RESULTS = 4;
/** Frames a second of the stepped world. */
const RENDER_RATE = 60;
/** Moments for pictures: frames after the first hand, after a grip and after a release. */
const SNAPSHOT_DELAYS: Record<string, number> = { "hand-found": 24, "object-grabbed": 50, "object-released": 6 };

export class EventLog {
    /** Whether the world is stepped with the clip instead of running by itself. */
    public isStepping = false;
    private readonly _report: SandboxReport = {
        events: [],
        framesProcessed: 0,
        framesWithHand: 0,
        errors: [],
        carries: [],
        done: false,
        snapshot: null,
        firstHands: [],
    };
    private readonly _held = new Map<PhysicsBody, { carry: Carry; from: readonly number[]; frame: number }>();

    public constructor(
        private readonly _behaviour: HandTrackingBehavior,
        private readonly _world: World,
        private readonly _quality: Quality
    ) {
        window.__sandbox = this._report;
        window.__scene = { behaviour: _behaviour, world: _world, resume: () => undefined };
        _behaviour.onFrameObservable.add((result) => this._countFrame(result));
        _behaviour.onHandFoundObservable.add(({ side }) => this._add("hand-found", side));
        _behaviour.onHandLostObservable.add(({ side }) => this._add("hand-lost", side));
        _behaviour.onPinchStartObservable.add(({ side, worldJoints }) =>
            this._add("pinch-start", side, `at ${tipsMiddle(worldJoints)}`)
        );
        _behaviour.onPinchEndObservable.add(({ side }) => this._add("pinch-end", side));
        _behaviour.onPinchCancelObservable.add(({ side }) => this._add("pinch-cancel", side));
        _behaviour.onGrabStartObservable.add(({ side }) => this._add("grab-start", side));
        _behaviour.onGrabEndObservable.add(({ side }) => this._add("grab-end", side));
        _behaviour.onGrabCancelObservable.add(({ side }) => this._add("grab-cancel", side));
        _behaviour.onErrorObservable.add((error) => {
            this._report.errors.push(`${error.code}: ${error.message}`);
            this._add("error", undefined, error.code);
        });
        this._followCarries();
    }

    /**
     * Steps the world together with a clip: after every processed frame as many rendered ones as its time holds.
     * @param takesSnapshots wait for `__scene.resume` at moments worth a picture
     */
    public follow(source: ImageSequenceSource, frames: number, frameMs: number, takesSnapshots: boolean): void {
        this.isStepping = true;
        const steps = Math.round((frameMs * RENDER_RATE) / 1000);
        const { scene } = this._world;
        const render = (): void => scene.render();
        const engine = scene.getEngine();
        engine.getDeltaTime = () => 1000 / RENDER_RATE;
        window.__scene.resume = () => {
            this._report.snapshot = null;
            this._quality.restore();
            void source.startAsync();
        };
        source.onAdvanced = (index) => {
            for (let i = 0; i < steps; i++) {
                render();
            }
            this._report.done = index === frames - 1;
            const name = takesSnapshots ? this._snapshotName(index === frames - 1) : null;
            if (name) {
                source.stop();
                this._quality.drawFinely(render);
                this._report.snapshot = name;
            }
        };
    }

    /** Name of the picture to take now, or null. */
    private _snapshotName(isLast: boolean): string | null {
        const counts = new Map<string, number>();
        for (const { kind, frame } of this._report.events) {
            const count = (counts.get(kind) ?? 0) + 1;
            counts.set(kind, count);
            if (kind in SNAPSHOT_DELAYS && this._report.framesProcessed === frame + SNAPSHOT_DELAYS[kind]) {
                return `${kind}-${count}`;
            }
        }
        return isLast ? "end" : null;
    }

    private _countFrame(result: PipelineClientResult): void {
        const { firstHands } = this._report;
        this._report.framesProcessed++;
        if (result.count === 0) {
            return;
        }
        this._report.framesWithHand++;
        if (firstHands.length < KEPT_RESULTS) {
            const hand = createHandObservation();
            unpackObservation(result.buffer, 0, result.timeMs, hand);
            firstHands.push({ keypointsPx: [...hand.keypointsPx], wrist: [...hand.pose.translation] });
        }
    }

    private _followCarries(): void {
        this._behaviour.onObjectGrabbedObservable.add(({ side, body, point }) => {
            const { name, position } = body.transformNode;
            const carry: Carry = { thing: name, side, lift: 0, travel: 0, frames: -1, releaseSpeed: 0 };
            this._report.carries.push(carry);
            this._held.set(body, { carry, from: position.asArray(), frame: this._report.framesProcessed });
            const at = point.asArray().map((value) => value.toFixed(3));
            this._add("object-grabbed", side, `${name} at ${at.join(" ")}`);
        });
        this._behaviour.onObjectReleasedObservable.add(({ side, body, velocity, reason }) => {
            const held = this._held.get(body);
            this._held.delete(body);
            if (held) {
                held.carry.frames = this._report.framesProcessed - held.frame;
                held.carry.releaseSpeed = velocity.length();
            }
            const speed = `${velocity.length().toFixed(2)} m/s`;
            this._add(
                "object-released",
                side,
                `${body.transformNode.name} ${speed}${reason === "opened" ? "" : ` ${reason}`}`
            );
        });
        this._world.scene.onAfterRenderObservable.add(() => {
            for (const [{ transformNode }, { carry, from }] of this._held) {
                const { x, y, z } = transformNode.position;
                carry.lift = Math.max(carry.lift, y - from[1]);
                carry.travel = Math.max(carry.travel, Math.hypot(x - from[0], z - from[2]));
            }
        });
    }

    private _add(kind: string, side?: string, detail?: string): void {
        this._report.events.push({
            timeMs: performance.now(),
            frame: this._report.framesProcessed,
            kind,
            side,
            detail,
        });
    }
}

/** Between the tips of thumb and index finger, as text. */
function tipsMiddle(joints: Float32Array): string {
    return [0, 1, 2].map((k) => ((joints[THUMB_TIP * 3 + k] + joints[INDEX_TIP * 3 + k]) / 2).toFixed(3)).join(" ");
}
