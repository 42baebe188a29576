// @mediapipe/hands, the package before tasks-vision: a script tag, its networks inside the package.

import type { Hands, Options, Results } from "@mediapipe/hands";
import { toPixels, type Contender, type ContenderOptions, type Processed } from "./contender";

const FOLDER = "/mediapipe/hands/";
/** Of the two landmark networks the full one. */
const FULL_NETWORK = 1;

/** Files that have to be there. */
export const LEGACY_FILES = [`${FOLDER}hands.js`, `${FOLDER}hands_solution_simd_wasm_bin.wasm`];

declare global {
    interface Window {
        Hands?: typeof Hands;
    }
}

export class LegacyHandsContender implements Contender {
    private _hands: Hands | null = null;
    private _results: Results | null = null;

    public constructor(private readonly _options: ContenderOptions) {}

    public async startAsync(): Promise<void> {
        if (!window.Hands) {
            await loadScriptAsync(`${FOLDER}hands.js`);
        }
        this._hands = new window.Hands!({ locateFile: (file) => FOLDER + file });
        // Not in its types, but in its code.
        const options: Options & { useCpuInference: boolean } = {
            maxNumHands: this._options.maxHands,
            modelComplexity: FULL_NETWORK,
            useCpuInference: !this._options.mayUseGpu,
        };
        this._hands.setOptions(options);
        this._hands.onResults((results) => {
            this._results = results;
        });
        await this._hands.initialize();
    }

    /** Its promise notwithstanding, it computes in the page's thread and in one go. */
    public async processAsync(canvas: HTMLCanvasElement): Promise<Processed> {
        const start = performance.now();
        await this._hands!.send({ image: canvas });
        const ms = performance.now() - start;
        const hands = toPixels(this._results?.multiHandLandmarks ?? [], canvas.width, canvas.height);
        return { ms, blockingMs: ms, hands };
    }

    public describe(): string {
        return `in the page's thread, ${this._options.mayUseGpu ? "GPU" : "CPU"} inference`;
    }

    public dispose(): void {
        void this._hands?.close();
    }
}

function loadScriptAsync(url: string): Promise<void> {
    return new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = url;
        script.onload = () => resolve();
        script.onerror = () => reject(new Error(`${url} could not be loaded`));
        document.head.append(script);
    });
}
