// The worker: frames in, observations out.

import { asError } from "./asError";
import { PipelineHost } from "./pipelineHost";
import type { FromWorker, ToWorker } from "./protocol";
import { transferables } from "./resultBuffers";
import type { HandTrackingError } from "../errors";

const scope = self as unknown as {
    postMessage(message: FromWorker, transfer?: Transferable[]): void;
    onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
};
const host = new PipelineHost();

function report({ code, message, fatal }: HandTrackingError): void {
    scope.postMessage({ type: "error", error: { code, message, fatal } });
}

host.onError = report;
host.onBackend = (backend) => scope.postMessage({ type: "backend", report: backend });

async function handleAsync(message: ToWorker): Promise<void> {
    if (message.type === "start") {
        const started = await host.startAsync(message.options, (loadedBytes, totalBytes) =>
            scope.postMessage({ type: "progress", loadedBytes, totalBytes })
        );
        scope.postMessage({ type: "started", report: started });
    } else if (message.type === "recoverer") {
        await changeRecovererAsync(message.name);
    } else {
        const { timeMs, width, height, buffer, meshes, textures } = message;
        await host.processAsync(message, buffer, meshes, textures, (count) => {
            const { times, crops } = host;
            scope.postMessage(
                { type: "result", timeMs, width, height, count, buffer, meshes, textures, crops, times },
                transferables(buffer, meshes, textures)
            );
        });
    }
}

async function changeRecovererAsync(name: string): Promise<void> {
    try {
        await host.setRecovererAsync(name, (loadedBytes, totalBytes) =>
            scope.postMessage({ type: "progress", loadedBytes, totalBytes })
        );
        scope.postMessage({ type: "recoverer", error: null });
    } catch (cause) {
        const { code, message } = asError(cause, `The recoverer ${name} could not be loaded`);
        scope.postMessage({ type: "recoverer", error: { code, message, fatal: false } });
    }
}

scope.onmessage = (event) => {
    handleAsync(event.data).catch((cause: unknown) => report(asError(cause, "The worker failed", true)));
};
