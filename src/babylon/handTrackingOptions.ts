// What an application can choose about hand tracking.

import type { PoseRegistry } from "../gestures/poseRegistry";
import type { FrameSource } from "../sources/frameSource";
import type { HandSource } from "../sources/handSource";
import type { HandMaterialKind } from "./handMaterials";

/** Where the physical camera looks, seen from the scene's camera: how camera space is laid into the scene. */
export type HandView =
    /** It looks where the scene's camera looks (a headset's passthrough camera): hands appear in front of the camera. */
    | "camera"
    /** A webcam faces the user, who reaches into the screen: hands are turned by 180 degrees and show their backs. */
    | "facing"
    /** A magic mirror: as `camera`, but left and right are exchanged. */
    | "mirror";

/** What the shown hand is made of. */
export type HandMeshKind =
    /** The rig's mesh, skinned by the tracked pose. */
    | "rig"
    /**
     * The surface that the recoverer gives (`MeshHand`), carried by the tracked joints: closer to the hand in the picture, for
     * overlays and occlusion. Where there is none, as of recoverers without a mesh (which the error `vertices-missing` tells
     * once) and of sources of hands, the rig is shown.
     */
    | "recovered";

/** Options of `HandTrackingBehavior`. All have defaults. */
export interface HandTrackingOptions {
    /**
     * Where frames come from: the default webcam, or a source of your own, which stays yours to dispose of. A `HandSource`
     * gives hands themselves (a recording, the mouse): no network is loaded for it.
     * @default "webcam"
     */
    source?: "webcam" | FrameSource | HandSource;
    /**
     * Name of the recoverer: one of `RECOVERER_NAMES`, or of your own; `<modelBaseUrl>/<name>.json` is its manifest. `"auto"`
     * begins with `"fast"`, which is there soonest, and keeps to the best of the default, `"fast"` and `"mini"` that takes no more
     * than `frameBudgetMs`.
     * @default "ahrnet"
     */
    recoverer?: string;
    /**
     * With `recoverer: "auto"`, how long the recoverer may take for the hands of a frame, ms.
     * @default 25, of a camera's 33
     */
    frameBudgetMs?: number;
    /** @default "facing", whatever the source */
    view?: HandView;
    /**
     * In the `facing` view, the distance from the scene's camera at which the physical camera is imagined, metres: a hand
     * half as far from the webcam appears that much nearer to it.
     * @default 0.9
     */
    facingDistance?: number;
    /**
     * Scene units per metre.
     * @default 1
     */
    worldScale?: number;
    /** @default 2 */
    maxHands?: 1 | 2;
    /**
     * Where networks run: `auto` takes WebGPU if there is a hardware adapter that says of a picture what WASM says and measures faster.
     * @default "auto"
     */
    backend?: "auto" | "webgpu" | "wasm";
    /** Folder of the models, with a slash at its end. @default the `models` folder of this package */
    modelBaseUrl?: string;
    /** Folder of onnxruntime-web's .wasm files, with a slash at its end. @default where the bundler put them */
    wasmBaseUrl?: string;
    /**
     * Run detection and recovery in a worker; without it they run in the render loop's thread.
     * @default true
     */
    worker?: boolean;
    /**
     * Look of the shown hands; false shows none.
     * @default "skin"
     */
    rig?: HandMaterialKind | false;
    /**
     * What the shown hand is made of. `"recovered"` also fills `TrackedHand.recoveredMesh`, whether hands are shown or not.
     * @default "rig"
     */
    handMesh?: HandMeshKind;
    /**
     * Show the hand in its own skin: colours are gathered from the camera's picture (twice a second, from sure frames only) by
     * a network of half a megabyte, `amvur-texture`, loaded when this is first on. Only the look `"skin"` changes, of both
     * kinds of `handMesh`. It needs a recoverer with vertices; without, the error `vertices-missing` says so, and where the
     * network can't be loaded one of `model-missing`, `model-damaged`, `model-invalid`, `backend-unavailable`. Neither is
     * fatal: hands are shown in the material's skin then.
     * @default false
     */
    handTexture?: boolean;
    /**
     * Give hands Havok colliders; needs physics to be enabled in the scene.
     * @default true if the scene has physics
     */
    colliders?: boolean;
    /**
     * Let hands hold bodies by pinch and grab; needs physics.
     * @default true if the scene has physics
     */
    grab?: boolean;
    /**
     * Length of the person's palm, wrist to middle knuckle, metres. All depths scale with it.
     * @default 0.092, an average adult
     */
    palmLength?: number;
    /**
     * Let hands touch meshes with `isNearPickable` and drag those with `isNearGrabbable`, as a headset's do: SixDofDragBehavior,
     * PointerDragBehavior and 3D GUI then work with them.
     * @default true
     */
    nearInteraction?: boolean;
    /**
     * Carry hands of a camera's picture on from where they were when it was taken to where they are when they are drawn.
     * Without, they are drawn where the picture had them: later by all that lies between (docs/latency.md), but never beyond
     * where they have been.
     * @default true
     */
    prediction?: boolean;
    /** Poses of the application's own to be recognised; more can be added to `HandTrackingBehavior.poses` at any time. */
    poses?: PoseRegistry;
}
