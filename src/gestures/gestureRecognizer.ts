// All gestures of one hand: judged frame by frame, told to a listener as starts, updates, ends, cancels and losses.

import type { HandState } from "../hand/handState";
import type { HandSide } from "../hand/joints";
import { CustomPoseDetector, type CustomSlot } from "./customPoseDetector";
import { PINCH_NAMES, POSE_NAMES, SWIPE_NAMES } from "./gestureNames";
import type { GestureEvent, GestureEventKind, GestureListener } from "./gestureNames";
import { GrabDetector } from "./grabDetector";
import { HandFeatures } from "./handFeatures";
import { atIndexTip, atPalm, betweenTips, inFist, slotOf, type GestureSlot } from "./gestureSlot";
import { HysteresisGate, type GestureTransition } from "./hysteresis";
import { PokeDetector, POKE_ENTER, SwipeDetector, SWIPE_ENTER } from "./motionDetectors";
import { PINCH_ENTER, PINCH_EXIT, PinchDetector } from "./pinchDetector";
import { PoseRegistry } from "./poseRegistry";
import { POSE_ENTER, POSE_EXIT, POSE_STRENGTHS } from "./poseStrengths";
import { norm3 } from "../hand/norm";

export interface GestureRecognizerOptions {
    /** Upward direction in camera space, for thumbs and swipes. Default (0, -1, 0): a camera that stands upright. */
    up?: readonly [number, number, number];
    /** Whether the user sees the picture as a mirror: left and right of swipes are then swapped. Default false. */
    mirrored?: boolean;
    /** Poses of the application's own; may be shared by the recognisers of several hands. */
    poses?: PoseRegistry;
}

/** Gap between a pinch's thresholds, palm lengths: a joint error as large makes a gesture of none. */
const DECISIVE_ERROR = PINCH_EXIT - PINCH_ENTER;
/** Passing through a pose is not making it, ms. */
const POSE_DWELL_MS = 60;
/** The thumb meets the middle, ring or pinky finger only where the index finger is farther away than this, palm lengths. */
const INDEX_AWAY = 0.38;

/**
 * Confidence of an event: c / (1 + (sigma / (g palm))^2), with c the state's confidence (0..1), sigma one standard deviation
 * of a joint across the viewing direction and palm the palm's length, both in metres, and g = 0.17 the gap between the
 * thresholds of a pinch. 6 mm on an adult hand leave 87 % of c, 16 mm half.
 */
export function gestureConfidence(state: HandState, palm: number): number {
    const ratio = state.sigma / (DECISIVE_ERROR * palm);
    return state.confidence / (1 + ratio * ratio);
}

/** Judges one hand; the listener is called from within `update`, `lost` and `cancel`, after all gestures were judged. */
export class GestureRecognizer {
    /** Pinch of thumb and index finger: strength, state. */
    public readonly pinch = new PinchDetector();
    /** Grab with the whole hand: strength, state. */
    public readonly grab = new GrabDetector();
    /** Upward direction in camera space, a unit vector. */
    public readonly up = Float32Array.of(0, -1, 0);
    /** Whether left and right of swipes are swapped. */
    public mirrored: boolean;
    /** Poses of the application's own. */
    public readonly poses: PoseRegistry;

    private readonly _pinches = [this.pinch, new PinchDetector(2), new PinchDetector(3), new PinchDetector(4)];
    private readonly _features = new HandFeatures();
    private readonly _poke = new PokeDetector();
    private readonly _swipe = new SwipeDetector();
    private readonly _poseGates = POSE_NAMES.map(
        () =>
            new HysteresisGate({
                enter: POSE_ENTER,
                exit: POSE_EXIT,
                frames: 2,
                relativeExit: Infinity,
                cooldownMs: 150,
                dwellMs: POSE_DWELL_MS,
            })
    );

    private readonly _pinchSlots = PINCH_NAMES.map((name, i) => slotOf(name, betweenTips(i + 1)));
    private readonly _grabSlot = slotOf("grab", inFist);
    private readonly _poseSlots = POSE_NAMES.map((name) =>
        slotOf(name, name === "open-palm" ? atPalm : name === "point" || name === "victory" ? atIndexTip : inFist)
    );

    private readonly _pokeSlot = slotOf("poke", atIndexTip);
    private readonly _swipeSlots = SWIPE_NAMES.map((name) => slotOf(name, atPalm));
    private readonly _slots = [
        ...this._pinchSlots,
        this._grabSlot,
        ...this._poseSlots,
        this._pokeSlot,
        ...this._swipeSlots,
    ];

    private readonly _custom: CustomPoseDetector;
    private readonly _event: GestureEvent;
    // What is told while somebody is being told: a listener may cancel all, and those after it still read what they were told.
    private readonly _endingEvent: GestureEvent;
    private readonly _onRemoved = (slot: CustomSlot): void => this._tellCustom(slot, "cancel", 0);
    private _confidence = 0;
    // Who is told of a gesture may cancel all: what else the frame had to say is said no more.
    private _isCancelled = false;

    public constructor(
        side: HandSide,
        private readonly _listener: GestureListener,
        options: GestureRecognizerOptions = {}
    ) {
        const [x, y, z] = options.up ?? this.up;
        const length = norm3(x, y, z);
        this.up.set([x / length, y / length, z / length]);
        this.mirrored = options.mirrored ?? false;
        this.poses = options.poses ?? new PoseRegistry();
        this._custom = new CustomPoseDetector(this.poses);
        const point = new Float32Array(3);
        this._event = { name: "", transition: "start", side, timeMs: 0, strength: 0, confidence: 0, point };
        this._endingEvent = { ...this._event };
    }

    /** Whether a gesture, of the plugin or the registry, is being made. */
    public isActive(name: string): boolean {
        for (const slot of this._slots) {
            if (slot.name === name) {
                return slot.isActive;
            }
        }
        for (const slot of this._custom.slots) {
            if (slot.pose.name === name) {
                return slot.gate.isActive;
            }
        }
        return false;
    }

    /** How much a gesture is made, 0..1; 0 for names that are not known. */
    public strengthOf(name: string): number {
        for (const slot of this._slots) {
            if (slot.name === name) {
                return slot.strength;
            }
        }
        for (const slot of this._custom.slots) {
            if (slot.pose.name === name) {
                return slot.strength;
            }
        }
        return 0;
    }

    /**
     * Judges a frame and tells the listener.
     * @param state the hand at the frame's capture time, camera space
     */
    public update(state: HandState): void {
        this._event.timeMs = this._endingEvent.timeMs = state.timeMs;
        this._event.side = this._endingEvent.side = state.side;
        this._custom.synchronise(state.timeMs, this._onRemoved);
        this._features.update(state, this.up);
        this._confidence = gestureConfidence(state, this._features.palm.steady);
        this._judgeHolding(state);
        this._judgePoses(state);
        this._judgeMotion(state);
        this._custom.update(state);
        this._isCancelled = false;
        for (const slot of this._slots) {
            if (slot.transition !== "none" && !this._isCancelled) {
                slot.place(state, slot.point);
                this._tell(slot.name, slot.transition, slot.strength, slot.point);
            }
        }
        for (const slot of this._custom.slots) {
            if (slot.transition !== "none" && !this._isCancelled) {
                this._tellCustom(slot, slot.transition, slot.strength);
            }
        }
    }

    /** The hand is out of sight and may be back: active gestures stay so; each is told as `lost`, at its last strength. */
    public lost(timeMs: number): void {
        this._endingEvent.timeMs = timeMs;
        for (const slot of this._slots) {
            if (slot.isActive) {
                this._tell(slot.name, "lost", slot.strength, slot.point);
            }
        }
        for (const slot of this._custom.slots) {
            if (slot.gate.isActive) {
                this._tellCustom(slot, "lost", slot.strength);
            }
        }
    }

    /** The hand is gone: active gestures are over. */
    public cancel(timeMs: number): void {
        this._isCancelled = true;
        this._endingEvent.timeMs = timeMs;
        this._pinches.forEach((pinch, i) => this._set(this._pinchSlots[i], pinch.cancel(timeMs), 0));
        this._set(this._grabSlot, this.grab.cancel(timeMs), 0);
        this._poseGates.forEach((gate, i) => this._set(this._poseSlots[i], gate.cancel(timeMs), 0));
        this._set(this._pokeSlot, this._poke.cancel(timeMs), 0);
        const swipe = this._swipe.cancel(timeMs);
        this._swipeSlots.forEach((slot, i) => this._set(slot, i === this._swipe.direction ? swipe : "none", 0));
        this._custom.cancel(timeMs);
        for (const slot of this._slots) {
            if (slot.transition === "cancel") {
                this._tell(slot.name, "cancel", 0, slot.point);
            }
        }
        for (const slot of this._custom.slots) {
            if (slot.transition === "cancel") {
                this._tellCustom(slot, "cancel", 0);
            }
        }
    }

    private _judgeHolding(state: HandState): void {
        const grab = this.grab.update(state);
        this._set(this._grabSlot, grab, this.grab.strength);
        const free = !this.grab.isActive;
        this._set(this._pinchSlots[0], this.pinch.update(state, free), this.pinch.strength);
        for (let i = 1; i < this._pinches.length; i++) {
            const pinch = this._pinches[i];
            const transition = pinch.update(state, free && this._isNearest(i));
            this._set(this._pinchSlots[i], transition, pinch.strength);
        }
    }

    /** Whether the thumb can mean this finger: no other is pinched, nor nearer; as of the last frame for later fingers. */
    private _isNearest(finger: number): boolean {
        const { distance } = this._pinches[finger];
        for (let other = 0; other < this._pinches.length; other++) {
            const pinch = this._pinches[other];
            if (other !== finger && (pinch.isActive || pinch.distance < (other === 0 ? INDEX_AWAY : distance))) {
                return false;
            }
        }
        return true;
    }

    private _judgePoses(state: HandState): void {
        const free = !this._pinches.some(isHeld);
        for (let i = 0; i < this._poseSlots.length; i++) {
            const strength = POSE_STRENGTHS[POSE_NAMES[i]](this._features) || 0;
            this._set(this._poseSlots[i], this._poseGates[i].update(strength, state.timeMs, free), strength);
        }
    }

    private _judgeMotion(state: HandState): void {
        const palm = this._features.palm.steady;
        const poke = this._poke.update(state, palm, this._poseGates[0].isActive);
        this._set(this._pokeSlot, poke, speedStrength(this._poke.speed, POKE_ENTER));
        const free = !this.grab.isActive && !this._pinches.some(isHeld);
        const swipe = this._swipe.update(state, palm, this.up, this.mirrored, free);
        for (let i = 0; i < this._swipeSlots.length; i++) {
            const isMeant = i === this._swipe.direction;
            const strength = isMeant ? speedStrength(this._swipe.speed, SWIPE_ENTER) : 0;
            this._set(this._swipeSlots[i], isMeant ? swipe : "none", strength);
        }
    }

    private _set(slot: GestureSlot, transition: GestureTransition, strength: number): void {
        slot.transition = transition;
        slot.strength = strength;
        slot.isActive = transition === "start" || transition === "update";
    }

    private _tellCustom(slot: CustomSlot, transition: GestureEventKind, strength: number): void {
        this._tell(slot.pose.name, transition, strength, slot.point);
    }

    private _tell(name: string, transition: GestureEventKind, strength: number, point: Float32Array): void {
        const event = transition === "cancel" || transition === "lost" ? this._endingEvent : this._event;
        event.name = name;
        event.transition = transition;
        event.strength = strength;
        event.point = point;
        event.confidence = this._confidence;
        this._listener(event);
    }
}

const isHeld = (pinch: PinchDetector): boolean => pinch.isActive;

/** Half at the speed that starts a gesture, 1 at twice that. */
function speedStrength(speed: number, enter: number): number {
    return Math.min(Math.max(speed / (2 * enter), 0), 1) || 0;
}
