// A hand's texture as it becomes known: the slow mean of what many frames say of each vertex.

import { KEYPOINT_COUNT } from "../hand/joints";

/** Numbers of the texture network's answer for a vertex: red, green, blue, confidence. */
export const TEXTURE_CHANNELS = 4;
/** Frames whose keypoints' standard deviation is greater on average are left out, metres: their colours are the background's. */
export const SURE_SIGMA = 0.006;
/** Frames that a vertex remembers, in frames of confidence 1: a second or two of an undisturbed view. */
export const MEMORY = 40;
/**
 * What a frame's guess of a hidden vertex (confidence 0) weighs: a real look at it is worth more than all guesses before it.
 * Guesses after it are left out.
 */
export const GUESS_WEIGHT = 0.005;

/**
 * Running mean of each vertex's colour, weighted by confidence w:
 * `W' = max(W, min(W + w, w MEMORY))`, `colour' = colour + (w / W') (new - colour)`. W, what is known, grows to what MEMORY such
 * frames are worth; from then on the mean forgets exponentially. Many doubtful frames thus never outweigh a few good ones.
 */
export class HandTexture {
    /** V x 3, 0..1. */
    public readonly colours: Float32Array;
    /** V, how much is known of each vertex: 0 to `MEMORY`, in frames of confidence 1. */
    public readonly known: Float32Array;
    /** Frames that have been taken. */
    public frames = 0;

    public constructor(vertexCount: number) {
        this.colours = new Float32Array(vertexCount * 3);
        this.known = new Float32Array(vertexCount);
    }

    /**
     * Takes one frame's texture; the first sure one as it is.
     * @param texture V x 4: red, green, blue, confidence, 0..1
     * @param logSigma 21 natural logarithms of the keypoints' standard deviations, metres
     * @returns false where the frame is unsure and nothing was taken
     */
    public add(texture: Float32Array, logSigma: Float32Array): boolean {
        if (!isSure(logSigma)) {
            return false;
        }
        const { colours, known } = this;
        for (let v = 0; v < known.length; v++) {
            const at = v * TEXTURE_CHANNELS;
            const weight = Math.max(texture[at + 3], GUESS_WEIGHT);
            if (weight === GUESS_WEIGHT && known[v] > GUESS_WEIGHT * MEMORY) {
                continue;
            }
            known[v] = Math.max(known[v], Math.min(known[v] + weight, weight * MEMORY));
            const share = weight / known[v];
            for (let channel = 0; channel < 3; channel++) {
                colours[v * 3 + channel] += share * (texture[at + channel] - colours[v * 3 + channel]);
            }
        }
        this.frames++;
        return true;
    }

    /** Forgets everything: another hand. */
    public reset(): void {
        this.colours.fill(0);
        this.known.fill(0);
        this.frames = 0;
    }
}

/**
 * Whether a frame says where the hand is well enough for its colours to be the hand's.
 * @param logSigma 21 natural logarithms of the keypoints' standard deviations, metres
 */
export function isSure(logSigma: Float32Array): boolean {
    let sum = 0;
    for (const value of logSigma) {
        sum += Math.exp(value);
    }
    return sum / KEYPOINT_COUNT < SURE_SIGMA;
}
