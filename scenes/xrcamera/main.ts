// For tests: a hand at a known place in the world, drawn as a session's camera would see it, and recovered from that picture.

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera";
import { Engine } from "@babylonjs/core/Engines/engine";
import { RenderTargetTexture } from "@babylonjs/core/Materials/Textures/renderTargetTexture";
import { Color4 } from "@babylonjs/core/Maths/math.color";
import { Matrix, Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import { DirectionalLight } from "@babylonjs/core/Lights/directionalLight";
import { HemisphericLight } from "@babylonjs/core/Lights/hemisphericLight";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode";
import { Scene } from "@babylonjs/core/scene";
import "@babylonjs/core/Helpers/sceneHelpers";
import { WebXRDefaultExperience } from "@babylonjs/core/XR/webXRDefaultExperience";
import { CameraSpaceMapping, HandRig, JOINT_COUNT, palmLength, WebXRPhysicsHands } from "../../src/index";
import { gestureState } from "../../tests/helpers/scriptedHand";

/** The camera's picture, px, and its projection: 66 degrees wide, its principal point off the middle as headsets' are. */
const WIDTH = 640;
const HEIGHT = 480;
const FOCAL = 490;
const CENTRE = [334, 228];
/** Planes of the projection, metres. */
const NEAR = 0.05;
const FAR = 10;
/** Only the drawn camera sees the drawn hand. */
const HIDDEN_LAYER = 0x20000000;

/** Column-major 4 x 4, as XRView.projectionMatrix. */
const PROJECTION = new Float32Array(16);
PROJECTION[0] = (2 * FOCAL) / WIDTH;
PROJECTION[5] = (2 * FOCAL) / HEIGHT;
PROJECTION[8] = 1 - (2 * CENTRE[0]) / WIDTH;
PROJECTION[9] = (2 * CENTRE[1]) / HEIGHT - 1;
PROJECTION[10] = -(FAR + NEAR) / (FAR - NEAR);
PROJECTION[11] = -1;
PROJECTION[14] = (-2 * FAR * NEAR) / (FAR - NEAR);

const engine = new Engine(document.querySelector("canvas")!, true);
const scene = new Scene(engine);
scene.useRightHandedSystem = true;
scene.clearColor = new Color4(0.55, 0.57, 0.6, 1);
new FreeCamera("camera", new Vector3(0, 1.6, 0), scene);
new HemisphericLight("sky", Vector3.Up(), scene).intensity = 1.2;
new DirectionalLight("sun", new Vector3(0.4, -1, -0.7), scene).intensity = 2;

// The hand: upright, half a metre before where the viewer starts, its palm to them.
const state = gestureState("right", 0, [0.02, 0.09, 0.45], {}, [0.1, 0.25, 0]);
const place = new TransformNode("place", scene);
place.position.set(0, 1.6, 0);
const truth = new Float32Array(JOINT_COUNT * 3);
const rotations = new Float32Array(JOINT_COUNT * 4);
const mapping = new CameraSpaceMapping(scene, place, { view: "camera" });
mapping.refresh();
mapping.toWorld(state, truth, rotations);
const drawn = new HandRig(scene, "right");
drawn.update(truth, rotations, state.size);
drawn.mesh.layerMask = HIDDEN_LAYER;

const eye = new FreeCamera("eye", Vector3.Zero(), scene);
eye.layerMask = HIDDEN_LAYER;
eye.minZ = NEAR;
eye.rotationQuaternion = new Quaternion();
eye.freezeProjectionMatrix(Matrix.FromArray(PROJECTION));
const picture = new RenderTargetTexture("picture", { width: WIDTH, height: HEIGHT }, scene, false);
picture.activeCamera = eye;
picture.renderList = [drawn.mesh];
picture.samples = 4;

/** The view of the frame, for which the picture is drawn when it is asked for. */
let seenFrom: XRRigidTransform | null = null;

function draw(): WebGLTexture | null {
    if (!seenFrom || !picture.isReady()) {
        return null;
    }
    const { position, orientation } = seenFrom;
    eye.position.set(position.x, position.y, position.z);
    eye.rotationQuaternion!.set(orientation.x, orientation.y, orientation.z, orientation.w);
    eye.computeWorldMatrix();
    picture.render();
    return picture.getInternalTexture()!._hardwareTexture!.underlyingResource as WebGLTexture;
}

// What raw camera access adds to a browser.
const Base = ("XRWebGLBinding" in globalThis ? XRWebGLBinding : class {}) as new (
    session: XRSession,
    gl: object
) => object;
class Binding extends Base {
    public getCameraImage(): WebGLTexture | null {
        return draw();
    }
}
Object.assign(globalThis, { XRWebGLBinding: Binding });
const { projectionMatrix } = Object.getOwnPropertyDescriptors(XRView.prototype);
Object.defineProperties(XRView.prototype, {
    camera: {
        configurable: true,
        get(this: XRView) {
            if (this.eye !== "left") {
                return undefined;
            }
            seenFrom = this.transform;
            return { width: WIDTH, height: HEIGHT };
        },
    },
    projectionMatrix: {
        configurable: true,
        get(this: XRView) {
            return this.eye === "left" ? PROJECTION : projectionMatrix.get!.call(this);
        },
    },
});

const errors: string[] = [];
const api = {
    scene,
    truth,
    errors,
    picture,
    xr: null as WebXRDefaultExperience | null,
    feature: null as WebXRPhysicsHands | null,
};
declare global {
    interface Window {
        __xrcamera: typeof api;
    }
}
window.__xrcamera = api;

api.xr = await WebXRDefaultExperience.CreateAsync(scene, {
    disableDefaultUI: true,
    disableTeleportation: true,
    disablePointerSelection: true,
    disableNearInteraction: true,
    disableHandTracking: true,
    inputOptions: { disableOnlineControllerRepository: true, doNotLoadControllerMeshes: true },
});
api.feature = WebXRPhysicsHands.EnableOn(api.xr.baseExperience, {
    hands: "camera",
    modelBaseUrl: "/models/",
    backend: "wasm",
    palmLength: palmLength(state),
});
api.feature.behavior.onErrorObservable.add(({ code, message }) => errors.push(`${code}: ${message}`));
engine.runRenderLoop(() => scene.render());
