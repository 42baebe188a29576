// One hand in the scene: its state at the render time, and everything that shows it or acts for it.

import type { GestureListener } from "../gestures/gestureNames";
import { GestureRecognizer } from "../gestures/gestureRecognizer";
import type { GrabDetector } from "../gestures/grabDetector";
import type { PinchDetector } from "../gestures/pinchDetector";
import type { PoseRegistry } from "../gestures/poseRegistry";
import { createHandState, type HandState } from "../hand/handState";
import { JOINT_COUNT, type HandSide } from "../hand/joints";
import { createRecoveredMesh, MESH_LENGTH, unpackMesh, type RecoveredMesh } from "../hand/recoveredMesh";
import { TEXTURE_LENGTH } from "../texture/packedTexture";
import { createHandObservation } from "../tracking/handObservation";
import type { CameraSpaceMapping } from "./cameraSpace";
import type { Grabber } from "./grabber";
import type { HandColliders } from "./handColliders";
import type { HandRig } from "./handRig";
import { HandSkin } from "./handSkin";
import type { MeshHand } from "./meshHand";
import type { ShownFingers } from "./shownFingers";
import { SoftContact } from "./softContact";

/** A hand that is, or was just, tracked. The object stays the same for one side of one person while it comes and goes. */
export class TrackedHand {
    /** As the person would say; the mesh shown in a `mirror` view is the other one. */
    public readonly side: HandSide;
    /** The hand at the render time, in camera space. */
    public readonly state: HandState;
    /** The hand at its last frame's capture time, in camera space: what gestures are judged on. */
    public readonly capturedState: HandState;
    /** 25 x 3 joint positions in the scene's world, render time. */
    public readonly worldJoints = new Float32Array(JOINT_COUNT * 3);
    /** 25 x 4 joint orientations (x, y, z, w) in the scene's world, render time. */
    public readonly worldRotations = new Float32Array(JOINT_COUNT * 4);
    /** 25 radii of the joints, scene units, render time. */
    public readonly worldRadii = new Float32Array(JOINT_COUNT);
    /** All gestures: strengths and states by name. */
    public readonly gestures: GestureRecognizer;
    /** Pinch of thumb and index finger: strength, state. */
    public readonly pinch: PinchDetector;
    /** Grab with the whole hand: strength, state. */
    public readonly grab: GrabDetector;
    /** Whether the last processed frame showed the hand. */
    public isTracked = false;
    /** The mesh that the pose skins, if the options ask for one. */
    public rig: HandRig | null = null;
    /** The recovered mesh in the scene, if the options ask for it: shown in the rig's place whenever `recoveredMesh` is valid. */
    public meshHand: MeshHand | null = null;
    /** What the recoverer said of the surface in the last frame, in camera space; null until it was asked for. */
    public recoveredMesh: RecoveredMesh | null = null;
    /** The hand's own colours, blended for the meshes that show it; null until they were asked for and are known. */
    public skin: HandSkin | null = null;
    /** The Havok bodies, if the options ask for them. */
    public colliders: HandColliders | null = null;
    /** What holds bodies, if the options ask for it. */
    public grabber: Grabber | null = null;
    /** @internal Keeps the shown fingers out of what is held. */
    public _fingers: ShownFingers | null = null;

    /** @internal */
    public readonly _observation = createHandObservation();
    /** @internal Between what is shown and what pushes. */
    public readonly _contact = new SoftContact();
    /** @internal The captured state of a moment before, for the fingers' speed. */
    public readonly _earlier: HandState;
    /** @internal Whether `state` is carried on from `_observation`; otherwise it is the captured state. */
    public _isPredicted = false;
    /** @internal Whether the frame that is being taken shows the hand. */
    public _isSeen = false;
    /** @internal Capture time at which the hand last began to pinch or grab, ms. */
    public _closedMs = -Infinity;
    /** @internal Time of the last frame that showed the hand, ms. */
    public _lastSeenMs = -Infinity;

    /**
     * @param listener hears of gestures
     * @param poses of the application's own
     */
    public constructor(side: HandSide, listener: GestureListener, poses?: PoseRegistry) {
        this.side = side;
        this.gestures = new GestureRecognizer(side, listener, { poses });
        this.pinch = this.gestures.pinch;
        this.grab = this.gestures.grab;
        this.state = createHandState(side);
        this.capturedState = createHandState(side);
        this._earlier = createHandState(side);
    }

    /** @internal */
    public _place(mapping: CameraSpaceMapping): void {
        mapping.toWorld(this.state, this.worldJoints, this.worldRotations);
        for (let joint = 0; joint < JOINT_COUNT; joint++) {
            this.worldRadii[joint] = this.state.radii[joint] * mapping.worldScale;
        }
    }

    /**
     * @internal Takes the mesh of the last frame.
     * @param meshes packed ones, of which the `index`-th is this hand's; null where none were asked for
     */
    public _takeMesh(meshes: Float32Array | null, index: number): void {
        if (meshes) {
            unpackMesh(meshes, index * MESH_LENGTH, (this.recoveredMesh ??= createRecoveredMesh()));
        } else if (this.recoveredMesh) {
            this.recoveredMesh.isValid = false;
        }
    }

    /**
     * @internal Takes what has changed of the hand's texture.
     * @param textures packed ones, of which the `index`-th is this hand's
     */
    public _takeTexture(textures: Float32Array, index: number): void {
        if (textures[index * TEXTURE_LENGTH] === 1) {
            if (!this.skin) {
                this.skin = new HandSkin();
                this._colour();
            }
            this.skin.take(textures, index);
        }
    }

    /** @internal Blends the shown colours on. */
    public _blendSkin(elapsedMs: number): void {
        if (this.skin?.update(elapsedMs)) {
            this._colour();
        }
    }

    /** @internal Gives the shown meshes the hand's colours, or takes them away. */
    public _colour(): void {
        const colours = this.skin?.colours ?? null;
        this.rig?.setColours(colours);
        this.meshHand?.setColours(colours);
    }

    /**
     * @internal Shows the hand: its recovered mesh where there is one and it is asked for, else its rig.
     * @param joints, rotations as `worldJoints` and `worldRotations`; those of fingers may differ
     * @param unit scene units per metre
     */
    public _show(joints: Float32Array, rotations: Float32Array, unit: number): void {
        const { rig, meshHand, recoveredMesh } = this;
        const size = this.state.size * unit;
        const showsMesh = meshHand !== null && recoveredMesh?.isValid === true;
        const isPlaced = showsMesh && meshHand.update(recoveredMesh, joints, size);
        if (meshHand) {
            meshHand.isVisible = isPlaced;
        }
        if (rig) {
            rig.isVisible = !isPlaced;
            if (!isPlaced) {
                rig.update(joints, rotations, size, this.worldRadii);
            }
        }
    }

    /** @internal */
    public _hide(): void {
        if (this.rig) {
            this.rig.isVisible = false;
        }
        if (this.meshHand) {
            this.meshHand.isVisible = false;
        }
    }

    public dispose(): void {
        this._fingers?.dispose();
        this.grabber?.dispose();
        this.colliders?.dispose();
        this.rig?.dispose();
        this.meshHand?.dispose();
        this._fingers = null;
        this.grabber = null;
        this.colliders = null;
        this.rig = null;
        this.meshHand = null;
    }
}
