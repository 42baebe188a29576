// The palm detector's network on the GPU, where every size of picture is a session of its own: buffers and graphs are of one shape.

import type { CropWindow } from "../../camera/cropWindow";
import { detectorOutputs, type ModelManifest } from "../manifest";
import type { Model } from "../modelStore";
import type { Outputs, PictureNetwork } from "../pictureNetwork";
import type { OrtModule } from "../session";
import type { GpuCropper } from "./gpuCropper";
import type { GpuPicture } from "./gpuPicture";
import { GpuPictureNetwork } from "./gpuPictureNetwork";

/** One square a frame is looked at. */
const WINDOWS = 1;
/** onnxruntime mixes up what several sessions have recorded, and only that of hands is replayed often. */
const MAY_CAPTURE = false;

export class GpuDetectorNetwork implements PictureNetwork {
    private _last: GpuPictureNetwork;

    private constructor(
        private readonly _full: GpuPictureNetwork,
        private readonly _coarse: GpuPictureNetwork
    ) {
        this._last = _coarse;
    }

    /** As `GpuPictureNetwork.createAsync`. */
    public static async createAsync(
        ort: OrtModule,
        model: Model,
        device: GPUDevice,
        cropper: GpuCropper
    ): Promise<GpuDetectorNetwork> {
        const { coarseSize } = model.manifest.input;
        const full = await GpuPictureNetwork.createAsync(ort, model, device, cropper, WINDOWS, MAY_CAPTURE);
        if (!coarseSize) {
            return new GpuDetectorNetwork(full, full);
        }
        try {
            const small = atSize(model, coarseSize);
            const coarse = await GpuPictureNetwork.createAsync(ort, small, device, cropper, WINDOWS, MAY_CAPTURE);
            return new GpuDetectorNetwork(full, coarse);
        } catch (cause) {
            await full.disposeAsync();
            throw cause;
        }
    }

    public startAsync(
        picture: GpuPicture,
        window: CropWindow,
        slot: number,
        isCoarse: boolean,
        wanted: readonly string[]
    ): Promise<void> {
        this._last = isCoarse ? this._coarse : this._full;
        return this._last.startAsync(picture, window, slot, isCoarse, wanted);
    }

    public finishAsync(): Promise<void> {
        return this._last.finishAsync();
    }

    public outputs(slot: number): Outputs {
        return this._last.outputs(slot);
    }

    public repeatAsync(): Promise<void> {
        return this._last.repeatAsync();
    }

    public async disposeAsync(): Promise<void> {
        await this._full.disposeAsync();
        if (this._coarse !== this._full) {
            await this._coarse.disposeAsync();
        }
    }
}

function atSize(model: Model, size: number): Model {
    const manifest: ModelManifest = {
        ...model.manifest,
        input: { ...model.manifest.input, size },
        outputs: detectorOutputs(size),
    };
    return { ...model, manifest };
}
