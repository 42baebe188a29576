// A network that looks at pictures whose bytes are on the CPU.

import type { CropWindow } from "../camera/cropWindow";
import type { RgbaImage } from "./image";
import type { PictureInput } from "./manifest";
import type { Outputs, PictureNetwork } from "./pictureNetwork";
import { sampleCrop } from "./sampleCrop";
import type { NetworkSession } from "./session";

export class CpuPictureNetwork implements PictureNetwork {
    /** Of each slot the full one and the coarse one. */
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
        isCoarse: boolean,
        wanted: readonly string[]
    ): Promise<void> {
        const { name, size: full, coarseSize = full, oversampling } = this._input;
        const size = isCoarse ? coarseSize : full;
        const crop = (this._crops[2 * slot + Number(isCoarse)] ??= new Float32Array(3 * size * size));
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
}
