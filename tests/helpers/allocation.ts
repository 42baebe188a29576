// Bytes allocated on the JavaScript heap while something runs, by the functions that allocate them.

import { Session, type HeapProfiler } from "node:inspector";

/** Mean distance of two samples, bytes: small, so that a few bytes a frame are seen. */
const SAMPLING_BYTES = 64;
const OURS = /\/src\/(?!.*node_modules)/;
const CALLS_HAVOK = /\/src\/babylon\/(bodySurface|nearbyBodies|handColliders|kinematicBody)\./;
const BABYLON = /@babylonjs\//;
/** Babylon's vectors, quaternions and matrices: where code of ours makes one, it counts as ours. */
const BABYLON_MATHS = /@babylonjs\/core\/Maths\//;
/** What functions that are part of the engine have for a script. */
const NO_SCRIPT = "0";

type Frame = HeapProfiler.SamplingHeapProfileNode["callFrame"];

/**
 * `bindings` are the files of ours that call Havok, or Babylon's bodies, at every step: V8 may compile what they call into them, and
 * then does not tell them apart.
 */
export type Origin = "ours" | "bindings" | "babylon" | "others";

export interface Allocation {
    /** function (file) */
    name: string;
    origin: Origin;
    /** Bytes in all. */
    bytes: number;
}

/** The allocations of one synchronous run, greatest first. What is freed meanwhile counts, too. */
export function measureAllocations(run: () => void): Allocation[] {
    const session = new Session();
    session.connect();
    let head: HeapProfiler.SamplingHeapProfileNode | null = null;
    const options = {
        samplingInterval: SAMPLING_BYTES,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
    };
    // Calls of a session in its own thread are answered before they return.
    session.post("HeapProfiler.startSampling", options);
    try {
        run();
    } finally {
        session.post("HeapProfiler.stopSampling", (error, result) => {
            if (error) {
                throw error;
            }
            head = result.profile.head;
        });
        session.disconnect();
    }
    const found = new Map<string, Allocation>();
    collect(head!, [], found);
    return [...found.values()].sort((a, b) => b.bytes - a.bytes);
}

function collect(
    node: HeapProfiler.SamplingHeapProfileNode,
    callers: readonly Frame[],
    found: Map<string, Allocation>
): void {
    const stack = [node.callFrame, ...callers];
    if (node.selfSize > 0) {
        const frame = inCharge(stack);
        const name = `${frame.functionName || "(anonymous)"} (${frame.url.replace(/^.*\/(?=src\/|@babylonjs\/)/, "") || "no file"})`;
        const entry = found.get(name) ?? { name, origin: originOf(frame), bytes: 0 };
        entry.bytes += node.selfSize;
        found.set(name, entry);
    }
    for (const child of node.children) {
        collect(child, stack, found);
    }
}

/** Who is to answer for an allocation: who called the engine's own functions, and who asked for a vector. */
function inCharge(stack: readonly Frame[]): Frame {
    const caller = stack.find(({ scriptId, url }) => scriptId !== NO_SCRIPT && !BABYLON_MATHS.test(url));
    return caller && OURS.test(caller.url) ? caller : stack[0];
}

function originOf({ url, scriptId }: Frame): Origin {
    if (OURS.test(url)) {
        return CALLS_HAVOK.test(url) ? "bindings" : "ours";
    }
    // Havok's bindings are functions that it makes from strings: a script, but no file.
    return BABYLON.test(url) || (url === "" && scriptId !== NO_SCRIPT) ? "babylon" : "others";
}
