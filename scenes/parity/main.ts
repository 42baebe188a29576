// What recoverers say of given crops on a backend, for tests: window.__recover. No camera, tracker or scene.

import { decodeBase64 } from "../../src/base64";
import { fetchBytesFrom, loadModelsAsync } from "../../src/recovery/modelStore";
import { NetworkSession, type Backend } from "../../src/recovery/session";
import { createNetworksAsync, type Networks } from "../../src/worker/backendChoice";
import { followClipAsync } from "./clipRun";
import { readPartsAsync } from "./frameParts";
import { chooseBackendAsync, followHandsAsync } from "./gpuPath";
import { readTurnedAsync } from "./turnedFrames";

/** The outputs for one crop. */
export interface RecoveredOutputs {
    /** 129 numbers. */
    state: number[];
    /** 1159 x 3; null of recoverers without a mesh. */
    vertices: number[] | null;
    /** From the input to the outputs in the page's hands. */
    ms: number;
}

declare global {
    interface Window {
        /** @param crops base64 of 3 x N x N floats, as `sampleCrop` writes them */
        __recover: (name: string, backend: Backend, crops: string[]) => Promise<RecoveredOutputs[]>;
    }
}

const fetchBytes = fetchBytesFrom(new URL("/models/", location.href).href);
window.__followHands = followHandsAsync;
window.__chooseBackend = chooseBackendAsync;
window.__readParts = readPartsAsync;
window.__followClip = followClipAsync;
window.__readTurned = readTurnedAsync;

const networks: Partial<Record<Backend, Networks>> = {};

window.__recover = async (name, backend, crops) => {
    const [palm, model] = await loadModelsAsync(["palm", name], fetchBytes);
    const { ort, gpu } = (networks[backend] ??= await createNetworksAsync(backend, [palm, model], { maxHands: 1 }));
    const session = await NetworkSession.createAsync(ort, model, backend, gpu?.device);
    const outputs: RecoveredOutputs[] = [];
    for (const crop of crops) {
        session.input.set(new Float32Array(decodeBase64(crop).buffer));
        const start = performance.now();
        const { state, vertices } = await session.runAsync();
        const ms = performance.now() - start;
        outputs.push({ state: [...state], vertices: vertices ? [...vertices] : null, ms });
    }
    await session.disposeAsync();
    return outputs;
};
