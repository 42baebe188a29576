// What raw camera access adds to a browser: the left eye's view has a camera, and the binding gives its image.

import { Quaternion, Vector3 } from "@babylonjs/core/Maths/math.vector";
import { HEIGHT, PROJECTION, WIDTH, type DrawnCamera } from "./drawnCamera";

export function stubRawCameraAccess(camera: DrawnCamera): void {
    const position = new Vector3();
    const rotation = new Quaternion();
    const Base = ("XRWebGLBinding" in globalThis ? XRWebGLBinding : class {}) as new (
        session: XRSession,
        gl: object
    ) => object;
    class Binding extends Base {
        public getCameraImage(): WebGLTexture | null {
            return camera.draw(position, rotation) ? camera.texture : null;
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
                const { position: p, orientation: q } = this.transform;
                position.set(p.x, p.y, p.z);
                rotation.set(q.x, q.y, q.z, q.w);
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
}
