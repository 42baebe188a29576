// The textures of the hands in a video: whose is whose, when a hand is looked at again, what is new of it.

import type { RecoveredHand } from "../hand/recoveredHand";
import type { HandSide } from "../hand/joints";
import { WELDED_VERTEX_COUNT } from "../hand/weldedHandMesh";
import { HandTexture, isSure } from "../texture/handTexture";
import type { TextureSource } from "./textureNetwork";

/** A hand is looked at this seldom, ms: skin does not change, and light only slowly. */
export const TEXTURE_INTERVAL_MS = 500;
/** A hand that comes back on its side within this time is the same one and keeps its texture; a later one starts anew, ms. */
export const RETURN_MS = 3000;

/** One hand's. */
interface Slot {
    id: number;
    side: HandSide;
    /** Capture times at which the hand was there and was looked at, ms. */
    seenMs: number;
    lookedMs: number;
    texture: HandTexture;
    /** Whether there is something in it that was not taken. */
    isNew: boolean;
}

/** Keeps the texture of as many hands as are tracked. */
export class HandTextures {
    private readonly _slots: Slot[] = [];

    /** @param _source the network */
    public constructor(
        private readonly _source: TextureSource,
        private readonly _maxHands: number
    ) {}

    /** Whether a hand's next frame should be looked at: its vertices will be needed. */
    public isDue(id: number, timeMs: number): boolean {
        const slot = this._find(id);
        // A clip that begins again takes the time back.
        return !slot || timeMs < slot.lookedMs || timeMs - slot.lookedMs >= TEXTURE_INTERVAL_MS;
    }

    /**
     * Takes a hand's colours from the crop that it was recovered from, if it is due and the frame is sure. Where it is not,
     * the hand is due again in its next frame.
     * @param id, side of its track
     * @param tracks those of the video at the moment: a texture whose track is not among them is a lost hand's
     * @param recovered of a right hand, as always: a left one's crop is mirrored, and its texture with it
     * @param crop see `TextureSource`
     * @throws HandTrackingError `network-output-invalid` (not fatal); and what onnxruntime throws
     */
    public async lookAsync(
        id: number,
        side: HandSide,
        tracks: readonly { id: number }[],
        recovered: RecoveredHand,
        crop: Float32Array,
        timeMs: number
    ): Promise<void> {
        const slot = this._find(id) ?? this._slotOf(id, side, tracks, timeMs);
        slot.seenMs = timeMs;
        if (!this.isDue(id, timeMs) || !recovered.vertices || !isSure(recovered.logSigma)) {
            return;
        }
        slot.lookedMs = timeMs;
        const texture = await this._source.textureAsync(recovered, crop);
        slot.isNew = slot.texture.add(texture, recovered.logSigma) || slot.isNew;
    }

    /** A hand's colours (V x 3, 0..1, gamma-encoded) if they have changed since they were last taken, else null. */
    public takeNew(id: number): Float32Array | null {
        const slot = this._find(id);
        if (!slot?.isNew) {
            return null;
        }
        slot.isNew = false;
        return slot.texture.colours;
    }

    /** Whoever takes them has none of those that were taken before. */
    public renew(): void {
        for (const slot of this._slots) {
            slot.isNew = slot.texture.frames > 0;
        }
    }

    private _find(id: number): Slot | undefined {
        return this._slots.find((each) => each.id === id);
    }

    /** The slot of a hand that was lost a moment ago and is back, or a fresh one. */
    private _slotOf(id: number, side: HandSide, tracks: readonly { id: number }[], timeMs: number): Slot {
        const lost = this._slots
            .filter((each) => !tracks.some((track) => track.id === each.id))
            .sort((a, b) => b.seenMs - a.seenMs);
        let slot = lost.find((each) => each.side === side && Math.abs(timeMs - each.seenMs) <= RETURN_MS);
        if (slot) {
            slot.isNew = slot.texture.frames > 0;
        } else if (this._slots.length < this._maxHands) {
            const texture = new HandTexture(WELDED_VERTEX_COUNT);
            slot = { id, side, seenMs: timeMs, lookedMs: -Infinity, texture, isNew: false };
            this._slots.push(slot);
        } else {
            // There are no more tracks than slots, and this one has none: one of them is a lost hand's.
            slot = lost.at(-1)!;
            slot.texture.reset();
            slot.isNew = false;
            slot.lookedMs = -Infinity;
        }
        slot.id = id;
        slot.side = side;
        return slot;
    }
}
