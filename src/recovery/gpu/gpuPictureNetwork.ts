// A network that looks at pictures on the GPU: crop, network and outputs stay on one device until they are read back at once.

import type { InferenceSession, Tensor } from "onnxruntime-common";
import type { CropWindow } from "../../camera/cropWindow";
import type { PictureInput } from "../manifest";
import type { Model } from "../modelStore";
import type { Outputs, PictureNetwork } from "../pictureNetwork";
import { createSessionAsync, type OrtModule } from "../session";
import type { GpuCropper } from "./gpuCropper";
import type { GpuPicture } from "./gpuPicture";

/** An output or the crop: its buffer, and where its copies lie in the buffer that is read back. */
interface TensorBuffer {
    name: string;
    buffer: GPUBuffer;
    bytes: number;
    /** Offset in a slot's part of the buffer that is read back. */
    offset: number;
}

const FLOAT_BYTES = 4;

/** Makes its buffers once: frames make none. Crops are of the manifest's size, also where a coarse look would do. */
export class GpuPictureNetwork implements PictureNetwork {
    private readonly _slots: Record<string, Float32Array>[] = [];
    private readonly _queued: { slot: number; output: TensorBuffer }[] = [];
    private readonly _readable: readonly TensorBuffer[];
    private readonly _slotBytes: number;
    private readonly _readback: GPUBuffer;

    private constructor(
        private readonly _device: GPUDevice,
        private readonly _cropper: GpuCropper,
        private readonly _session: InferenceSession,
        private readonly _input: PictureInput,
        private readonly _crop: TensorBuffer,
        outputs: readonly TensorBuffer[],
        private readonly _feeds: Record<string, Tensor>,
        private readonly _fetches: Record<string, Tensor>,
        private readonly _slotCount: number
    ) {
        this._readable = [...outputs, _crop];
        this._slotBytes = this._readable.reduce((sum, { bytes }) => sum + bytes, 0);
        this._readback = _device.createBuffer({
            label: "hand tracking readback",
            size: this._slotBytes * _slotCount,
            usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
        });
        for (let slot = 0; slot < _slotCount; slot++) {
            this._slots.push(
                Object.fromEntries(
                    this._readable.map(({ name, bytes }) => [name, new Float32Array(bytes / FLOAT_BYTES)])
                )
            );
        }
    }

    /**
     * @param device that onnxruntime runs on
     * @param cropper on the same device
     * @param slotCount windows of one frame at most
     * @param mayCapture whether its commands may be recorded in the first run and replayed then
     * @throws HandTrackingError `backend-unavailable` where onnxruntime refuses the network
     */
    public static async createAsync(
        ort: OrtModule,
        model: Model,
        device: GPUDevice,
        cropper: GpuCropper,
        slotCount: number,
        mayCapture = true
    ): Promise<GpuPictureNetwork> {
        const { manifest } = model;
        // Graphs with a part that stays on the CPU can't be captured; they run node by node.
        const session = await createSessionAsync(ort, model, "webgpu", device, mayCapture).catch((error: unknown) => {
            if (!mayCapture) {
                throw error;
            }
            return createSessionAsync(ort, model, "webgpu", device);
        });
        let offset = 0;
        const create = (name: string, dims: readonly number[]): [TensorBuffer, Tensor] => {
            const bytes = dims.reduce((a, b) => a * b) * FLOAT_BYTES;
            const buffer = device.createBuffer({
                label: `hand tracking ${manifest.name} ${name}`,
                size: bytes,
                usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
            });
            const made = { name, buffer, bytes, offset };
            offset += bytes;
            return [made, ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims }) as Tensor];
        };
        const { name, size } = manifest.input;
        const fetches: Record<string, Tensor> = {};
        const outputs = Object.entries(manifest.outputs).map(([output, dims]) => {
            const [made, tensor] = create(output, dims);
            fetches[output] = tensor;
            return made;
        });
        const [crop, tensor] = create(name, [1, 3, size, size]);
        return new GpuPictureNetwork(
            device,
            cropper,
            session,
            manifest.input,
            crop,
            outputs,
            { [name]: tensor },
            fetches,
            slotCount
        );
    }

    public async startAsync(
        picture: GpuPicture,
        window: CropWindow,
        slot: number,
        _isCoarse: boolean,
        wanted: readonly string[]
    ): Promise<void> {
        if (slot >= this._slotCount) {
            throw new RangeError(`Slot ${slot} of a network that was made for ${this._slotCount} windows a frame.`);
        }
        this._cropper.take(picture, window, this._input, this._crop.buffer);
        await this._runAsync(slot, wanted);
    }

    public async finishAsync(): Promise<void> {
        const queued = this._queued;
        if (queued.length === 0) {
            return;
        }
        const readback = this._readback;
        try {
            await readback.mapAsync(GPUMapMode.READ);
            const bytes = readback.getMappedRange();
            for (const { slot, output } of queued) {
                const at = slot * this._slotBytes + output.offset;
                this._slots[slot][output.name].set(new Float32Array(bytes, at, output.bytes / FLOAT_BYTES));
            }
            readback.unmap();
        } finally {
            queued.length = 0;
        }
    }

    public outputs(slot: number): Outputs {
        return this._slots[slot];
    }

    public async repeatAsync(): Promise<void> {
        await this._runAsync(0, Object.keys(this._fetches));
        await this.finishAsync();
    }

    public async disposeAsync(): Promise<void> {
        await this._session.release();
        this._readback.destroy();
        for (const { buffer } of this._readable) {
            buffer.destroy();
        }
    }

    private async _runAsync(slot: number, wanted: readonly string[]): Promise<void> {
        // Outputs are on the GPU, so this returns as soon as the work is queued.
        await this._session.run(this._feeds, this._fetches);
        const encoder = this._device.createCommandEncoder();
        for (const output of this._readable) {
            if (wanted.includes(output.name)) {
                const at = slot * this._slotBytes + output.offset;
                encoder.copyBufferToBuffer(output.buffer, 0, this._readback, at, output.bytes);
                this._queued.push({ slot, output });
            }
        }
        this._device.queue.submit([encoder.finish()]);
    }
}
