// A recoverer: the network that looks at a crop and says where the keypoints are.

import type { CropWindow } from "../camera/cropWindow";
import { HandTrackingError } from "../errors";
import type { RecoveredHand } from "../hand/recoveredHand";
import type { RecovererNoise } from "../tracking/handSolver";
import type { RgbaImage } from "./image";
import type { ModelManifest, StateLayout } from "./manifest";
import { sampleCrop } from "./sampleCrop";
import type { NetworkSession } from "./session";

const logistic = (value: number): number => 1 / (1 + Math.exp(-value));

/** A mesh recoverer's vertices are thousands of numbers that the rig does not need: they are fetched on demand. */
const STATE_ONLY = ["state"];
const STATE_AND_VERTICES = ["state", "vertices"];

/** Any of the recoverers: they all keep the contract of `state`. */
export class Recoverer {
    private readonly _layout: StateLayout;

    public constructor(
        private readonly _session: NetworkSession,
        private readonly _manifest: ModelManifest
    ) {
        this._layout = _manifest.layout as StateLayout;
    }

    /** Name of the recoverer. */
    public get name(): string {
        return this._manifest.name;
    }

    /** What a fit must expect of it; undefined where its manifest says nothing. */
    public get noise(): RecovererNoise | undefined {
        return this._manifest.noise;
    }

    /** The crop that it looked at last: 3 x S x S planes red, green, blue, 0..1; valid until the next. */
    public get crop(): Float32Array {
        return this._session.input;
    }

    /** Side of the crop, px. */
    public get cropSize(): number {
        return this._manifest.input.size;
    }

    /** Whether it recovers a mesh. */
    public get hasVertices(): boolean {
        return "vertices" in this._manifest.outputs;
    }

    /**
     * Recovers the hand in a window of the image.
     * @param wantsVertices fetch the mesh too, where the recoverer has one
     * @throws HandTrackingError `network-output-invalid` (not fatal) where the network gave something that is no number
     */
    public async recoverAsync(
        image: RgbaImage,
        window: CropWindow,
        out: RecoveredHand,
        wantsVertices = false
    ): Promise<void> {
        sampleCrop(image, window, this._manifest.input.size, this._session.input);
        const fetchesVertices = wantsVertices && this.hasVertices;
        const { state, vertices } = await this._session.runAsync(fetchesVertices ? STATE_AND_VERTICES : STATE_ONLY);
        decodeState(state, this._layout, this._manifest.windowWidth, out);
        out.vertices = fetchesVertices ? vertices : null;
        if (fetchesVertices) {
            checkFinite(vertices, vertices.length, "vertices");
        }
    }
}

/** Decodes a network's `state`; see `recoverAsync` for what is thrown. */
export function decodeState(state: Float32Array, layout: StateLayout, windowWidth: boolean, out: RecoveredHand): void {
    checkFinite(state, layout.length, "state");
    copy(state, layout.keypoints, out.keypoints);
    copy(state, layout.crop, out.crop);
    copy(state, layout.logSigma, out.logSigma);
    out.logWindowWidth = windowWidth ? state[layout.logWindowWidth] : NaN;
    out.presence = logistic(state[layout.presence]);
    out.rightness = logistic(state[layout.handedness]);
}

function checkFinite(values: Float32Array, length: number, output: string): void {
    for (let i = 0; i < length; i++) {
        if (!Number.isFinite(values[i])) {
            throw new HandTrackingError(
                "network-output-invalid",
                `Number ${i} of ${length} of the network's output ${output} is ${values[i]}; the hand is dropped and looked for again.`,
                false
            );
        }
    }
}

function copy(from: Float32Array, start: number, to: Float32Array): void {
    for (let i = 0; i < to.length; i++) {
        to[i] = from[start + i];
    }
}
