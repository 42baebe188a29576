// The manifest beside every model file: what it is, and how to know that it is whole.

import { HandTrackingError } from "../errors";
import type { RecovererNoise } from "../tracking/handSolver";
import { PALM_BOX_LENGTH, PALM_PICTURE_STEP, palmAnchorCount } from "../tracking/palmDecoder";
import { TEXTURE_CHANNELS } from "../texture/handTexture";
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

/** What every `<name>.json` says. */
interface FileManifest {
    name: string;
    /** File name, beside the manifest. */
    file: string;
    /** Hexadecimal SHA-256 of the file. */
    sha256: string;
    bytes: number;
    /** Shapes of the outputs by name: `state`, and `vertices` of those that recover a mesh; `texture`. */
    outputs: Record<string, number[]>;
}

/** How a network sees a window of a picture. */
export interface PictureInput {
    name: string;
    /** Side of the crop, px. */
    size: number;
    /**
     * Side of the crop where a coarse look will do, for networks that leave the side open: at each of several hands, and in search
     * of hands that are not far. @default `size`
     */
    coarseSize?: number;
    /** Samples along each side of a crop's px, of which it is the mean. @default 1 */
    oversampling?: number;
}

/** Manifest of a network that looks at a picture. */
export interface ModelManifest extends FileManifest {
    kind: "detector" | "recoverer";
    input: PictureInput;
    layout: Partial<StateLayout>;
    /** Whether `state` holds a predicted window width. */
    windowWidth: boolean;
    /** What a fit must expect of the recoverer; its defaults hold where this is missing. */
    noise?: RecovererNoise;
}

/** Manifest of a network that completes the colours of a hand's vertices (V is `WELDED_VERTEX_COUNT`). */
export interface TextureManifest extends FileManifest {
    kind: "texture";
    /** `colours` [1, V, 3] and `seen` [1, V]. */
    inputs: Record<string, number[]>;
}

/** Any manifest. */
export type Manifest = ModelManifest | TextureManifest;

/** Shapes of a texture network's inputs and of its output. */
const TEXTURE_INPUTS: Record<string, number[]> = {
    colours: [1, WELDED_VERTEX_COUNT, 3],
    seen: [1, WELDED_VERTEX_COUNT],
};
const TEXTURE_OUTPUTS: Record<string, number[]> = { texture: [1, WELDED_VERTEX_COUNT, TEXTURE_CHANNELS] };

/**
 * Checks what came out of a manifest file.
 * @param source where it was read, for the message
 * @throws HandTrackingError `model-invalid`
 */
export function parseManifest(text: string, source: string): Manifest {
    let manifest: Manifest;
    try {
        manifest = JSON.parse(text) as Manifest;
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

/** Shapes of a detector's outputs that sees a picture of this side, px. */
export function detectorOutputs(size: number): Record<string, number[]> {
    const anchors = palmAnchorCount(size);
    return { boxes: [1, anchors, PALM_BOX_LENGTH], scores: [1, anchors] };
}

function problemOf(manifest: Manifest): string | null {
    if (typeof manifest !== "object" || manifest === null) {
        return "no object";
    }
    const { kind } = manifest;
    if (kind !== "detector" && kind !== "recoverer" && kind !== "texture") {
        return `kind is ${String(kind)}`;
    }
    if (typeof manifest.file !== "string" || !/^[0-9a-f]{64}$/.test(manifest.sha256) || !(manifest.bytes > 0)) {
        return "file, sha256 or bytes is missing";
    }
    if (manifest.kind === "texture") {
        return (
            problemOfShapes("inputs", manifest.inputs, TEXTURE_INPUTS) ??
            problemOfShapes("outputs", manifest.outputs, TEXTURE_OUTPUTS)
        );
    }
    if (!manifest.input || !(manifest.input.size > 0)) {
        return "input size is missing";
    }
    const { coarseSize } = manifest.input;
    if (coarseSize !== undefined && !(coarseSize > 0)) {
        return `coarseSize is ${coarseSize}`;
    }
    if (manifest.kind === "detector") {
        if (coarseSize !== undefined && coarseSize % PALM_PICTURE_STEP !== 0) {
            return `coarseSize is ${coarseSize}, no multiple of ${PALM_PICTURE_STEP}`;
        }
        return problemOfShapes("outputs", manifest.outputs, detectorOutputs(manifest.input.size));
    }
    if (manifest.layout.length !== STATE_LENGTH) {
        return `state has ${String(manifest.layout.length)} values, ${STATE_LENGTH} are expected`;
    }
    const vertices = manifest.outputs?.vertices;
    if (vertices && vertices.join() !== [1, WELDED_VERTEX_COUNT, 3].join()) {
        return `vertices has the shape [${vertices.join()}], [1,${WELDED_VERTEX_COUNT},3] is expected: the rig's welded mesh`;
    }
    return null;
}

function problemOfShapes(
    part: string,
    shapes: Record<string, number[]> | undefined,
    expected: Record<string, number[]>
): string | null {
    for (const [name, shape] of Object.entries(expected)) {
        const given = shapes?.[name];
        if (given?.join() !== shape.join()) {
            return `${name} of its ${part} has the shape [${given?.join() ?? "missing"}], [${shape.join()}] is expected`;
        }
    }
    return null;
}
