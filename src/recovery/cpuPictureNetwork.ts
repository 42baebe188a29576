// A network that looks at pictures whose bytes are on the CPU.

import type { CropWindow } from "../camera/cropWindow";
import type { RgbaImage } from "./image";
import type { PictureInput } from "./manifest";
import type { Outputs, PictureNetwork } from "./pictureNetwork";
import { sampleCrop } from "./sampleCrop";
import type { NetworkSession } from "./session";

export class CpuPictureNetwork implements PictureNetwork {
    private readonly _crops: Float32Array[] = [];
    private readonly _outputs: Outputs[] = [];

    /** @param _session becomes this network's own */
    public constructor(
        private readonly _session: NetworkSession,
        private readonly _input: PictureInput
    ) {}

    public async startAsync(
        image: RgbaImage,
        window: CropWindow,
        slot: number,
        count: number,
        wanted: readonly string[]
    ): Promise<void> {
        const { name, size: full, pairSize = full, oversampling } = this._input;
        const size = count > 1 ? pairSize : full;
        const crop = this._cropOf(slot, 3 * size * size);
        sampleCrop(image, window, size, crop, oversampling);
        const outputs = wanted.includes(name) ? wanted.filter((output) => output !== name) : wanted;
        this._outputs[slot] = { ...(await this._session.lookAsync(name, crop, size, outputs)), [name]: crop };
    }

    public finishAsync(): Promise<void> {
        return Promise.resolve();
    }

    public outputs(slot: number): Outputs {
        return this._outputs[slot];
    }

    public async repeatAsync(): Promise<void> {
        await this._session.runAsync();
    }

    public async disposeAsync(): Promise<void> {
        await this._session.disposeAsync();
    }

    /** The slot's crop; another one only when hands come or go. */
    private _cropOf(slot: number, length: number): Float32Array {
        if (this._crops[slot]?.length !== length) {
            this._crops[slot] = new Float32Array(length);
        }
        return this._crops[slot];
    }
}
