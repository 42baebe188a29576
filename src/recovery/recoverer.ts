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

/** A mesh recoverer's vertices are thousands of numbers that the rig does not need. */
const STATE_ONLY = ["state"];

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

    /**
     * Recovers the hand in a window of the image.
     * @throws HandTrackingError `network-output-invalid` (not fatal) where the network gave something that is no number
     */
    public async recoverAsync(image: RgbaImage, window: CropWindow, out: RecoveredHand): Promise<void> {
        sampleCrop(image, window, this._manifest.input.size, this._session.input);
        const { state } = await this._session.runAsync(STATE_ONLY);
        decodeState(state, this._layout, this._manifest.windowWidth, out);
    }
}

/** Decodes a network's `state`; see `recoverAsync` for what is thrown. */
export function decodeState(state: Float32Array, layout: StateLayout, windowWidth: boolean, out: RecoveredHand): void {
    for (let i = 0; i < layout.length; i++) {
        if (!Number.isFinite(state[i])) {
            throw new HandTrackingError(
                "network-output-invalid",
                `The network's output ${i} of ${layout.length} is ${state[i]}; the hand is dropped and looked for again.`,
                false
            );
        }
    }
    copy(state, layout.keypoints, out.keypoints);
    copy(state, layout.crop, out.crop);
    copy(state, layout.logSigma, out.logSigma);
    out.logWindowWidth = windowWidth ? state[layout.logWindowWidth] : NaN;
    out.presence = logistic(state[layout.presence]);
    out.rightness = logistic(state[layout.handedness]);
}

function copy(from: Float32Array, start: number, to: Float32Array): void {
    for (let i = 0; i < to.length; i++) {
        to[i] = from[start + i];
    }
}
