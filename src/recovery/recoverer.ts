// A recoverer: the network that looks at a crop and says where the keypoints are.

import type { CropWindow } from "../camera/cropWindow";
import { HandTrackingError } from "../errors";
import type { RecoveredHand } from "../hand/recoveredHand";
import type { RecovererNoise } from "../tracking/handSolver";
import type { ModelManifest, StateLayout } from "./manifest";
import type { Picture } from "./picture";
import type { PictureNetwork } from "./pictureNetwork";

const logistic = (value: number): number => 1 / (1 + Math.exp(-value));

/** What is fetched beside the state, which the rig does not need: thousands of numbers each. */
export interface RecovererExtras {
    /** The mesh, where the recoverer has one. */
    vertices: boolean;
    /** The crop that it saw. */
    crop: boolean;
}

/** The state alone. */
export const NO_EXTRAS: Readonly<RecovererExtras> = { vertices: false, crop: false };

/** Any of the recoverers: they all keep the contract of `state`. */
export class Recoverer {
    private readonly _layout: StateLayout;
    /** Names of what is fetched: by vertices, plus 2 with the crop. */
    private readonly _wanted: readonly (readonly string[])[];

    public constructor(
        private readonly _network: PictureNetwork,
        private readonly _manifest: ModelManifest
    ) {
        this._layout = _manifest.layout as StateLayout;
        const { name } = _manifest.input;
        this._wanted = [["state"], ["state", "vertices"], ["state", name], ["state", "vertices", name]];
    }

    /** Name of the recoverer. */
    public get name(): string {
        return this._manifest.name;
    }

    /** What a fit must expect of it; undefined where its manifest says nothing. */
    public get noise(): RecovererNoise | undefined {
        return this._manifest.noise;
    }

    /** Whether it recovers a mesh. */
    public get hasVertices(): boolean {
        return "vertices" in this._manifest.outputs;
    }

    /**
     * Starts on a window of the picture: `finishAsync` after all of a frame, then `take`.
     * @param slot which of the frame's windows it is
     * @param count how many of them surely have a hand: of several, a coarse look at each has to do
     */
    public startAsync(
        picture: Picture,
        window: CropWindow,
        slot: number,
        count: number,
        extras: Readonly<RecovererExtras> = NO_EXTRAS
    ): Promise<void> {
        const wanted = this._wanted[(extras.vertices && this.hasVertices ? 1 : 0) + (extras.crop ? 2 : 0)];
        return this._network.startAsync(picture, window, slot, count > 1, wanted);
    }

    /** Waits for all windows that were started. */
    public finishAsync(): Promise<void> {
        return this._network.finishAsync();
    }

    /**
     * Takes what was recovered from a slot's window.
     * @param wantsVertices whether they were asked for at the start
     * @throws HandTrackingError `network-output-invalid` (not fatal) where the network gave something that is no number
     */
    public take(slot: number, out: RecoveredHand, wantsVertices = false): void {
        const { state, vertices } = this._network.outputs(slot);
        decodeState(state, this._layout, this._manifest.windowWidth, out);
        out.vertices = wantsVertices && this.hasVertices ? vertices : null;
        if (out.vertices) {
            checkFinite(vertices, vertices.length, "vertices");
        }
    }

    /** The crop of a slot whose start asked for it: 3 x S x S planes red, green, blue, 0..1. */
    public cropOf(slot: number): Float32Array {
        return this._network.outputs(slot)[this._manifest.input.name];
    }

    /** All of it for one window. */
    public async recoverAsync(picture: Picture, window: CropWindow, out: RecoveredHand): Promise<void> {
        await this.startAsync(picture, window, 0, 1);
        await this.finishAsync();
        this.take(0, out);
    }
}

/** Decodes a network's `state`; see `take` for what is thrown. */
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
