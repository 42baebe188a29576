// The manifest beside every model file: what it is, and how to know that it is whole.

import { HandTrackingError } from "../errors";
import type { RecovererNoise } from "../tracking/handSolver";
import { STATE_LENGTH } from "../hand/recoveredHand";
import { WELDED_VERTEX_COUNT } from "../hand/weldedHandMesh";

/** Offsets of the parts in a recoverer's `state`. */
export interface StateLayout {
    keypoints: number;
    crop: number;
    logSigma: number;
    logWindowWidth: number;
    presence: number;
    handedness: number;
    length: number;
}

/** Contents of `<name>.json`. */
export interface ModelManifest {
    name: string;
    kind: "detector" | "recoverer";
    /** File name, beside the manifest. */
    file: string;
    /** Hexadecimal SHA-256 of the file. */
    sha256: string;
    bytes: number;
    input: { name: string; size: number };
    /** Shapes of the outputs by name: `state`, and `vertices` of those that recover a mesh. */
    outputs: Record<string, number[]>;
    layout: Partial<StateLayout>;
    /** Whether `state` holds a predicted window width. */
    windowWidth: boolean;
    /** What a fit must expect of the recoverer; its defaults hold where this is missing. */
    noise?: RecovererNoise;
}

/**
 * Checks what came out of a manifest file.
 * @param source where it was read, for the message
 * @throws HandTrackingError `model-invalid`
 */
export function parseManifest(text: string, source: string): ModelManifest {
    let manifest: ModelManifest;
    try {
        manifest = JSON.parse(text) as ModelManifest;
    } catch (cause) {
        throw new HandTrackingError(
            "model-invalid",
            `${source} is not JSON (it begins with "${text.slice(0, 40)}"); check that modelBaseUrl points at the folder of the models.`,
            true,
            { cause }
        );
    }
    const wrong = problemOf(manifest);
    if (wrong) {
        throw new HandTrackingError(
            "model-invalid",
            `${source}: ${wrong}; use a manifest of this version of the package.`
        );
    }
    return manifest;
}

function problemOf(manifest: ModelManifest): string | null {
    if (typeof manifest !== "object" || manifest === null) {
        return "no object";
    }
    if (manifest.kind !== "detector" && manifest.kind !== "recoverer") {
        return `kind is ${String(manifest.kind)}`;
    }
    if (typeof manifest.file !== "string" || !/^[0-9a-f]{64}$/.test(manifest.sha256) || !(manifest.bytes > 0)) {
        return "file, sha256 or bytes is missing";
    }
    if (!manifest.input || !(manifest.input.size > 0)) {
        return "input size is missing";
    }
    if (manifest.kind === "recoverer" && manifest.layout.length !== STATE_LENGTH) {
        return `state has ${String(manifest.layout.length)} values, ${STATE_LENGTH} are expected`;
    }
    const vertices = manifest.outputs?.vertices;
    if (vertices && vertices.join() !== [1, WELDED_VERTEX_COUNT, 3].join()) {
        return `vertices has the shape [${vertices.join()}], [1,${WELDED_VERTEX_COUNT},3] is expected: the rig's welded mesh`;
    }
    return null;
}
