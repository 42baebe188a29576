// Takes windows of pictures into networks' inputs, all on one device.

import type { CropWindow } from "../../camera/cropWindow";
import type { PictureInput } from "../manifest";
import { CROP_WORKGROUP, cropShader, WINDOW_BYTES, type GpuPictureKind } from "./cropShader";
import type { GpuPicture } from "./gpuPicture";

const CHANNELS = 3;

/** Shared by the networks of a device; owns a uniform buffer and two pipelines, which go with the device. */
export class GpuCropper {
    private readonly _uniform: GPUBuffer;
    private readonly _sampler: GPUSampler;
    private readonly _pipelines: Partial<Record<GpuPictureKind, GPUComputePipeline>> = {};
    private readonly _numbers = new ArrayBuffer(WINDOW_BYTES);
    private readonly _floats = new Float32Array(this._numbers);
    private readonly _integers = new Uint32Array(this._numbers);

    public constructor(private readonly _device: GPUDevice) {
        this._uniform = _device.createBuffer({
            label: "hand tracking crop window",
            size: WINDOW_BYTES,
            usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
        });
        this._sampler = _device.createSampler({ magFilter: "linear", minFilter: "linear" });
    }

    /**
     * Queues the taking of a crop.
     * @param target 3 x S x S floats
     */
    public take(
        picture: GpuPicture,
        window: CropWindow,
        { size, oversampling }: PictureInput,
        target: GPUBuffer
    ): void {
        const device = this._device;
        this._write(picture, window, size, oversampling ?? 1);
        const pipeline = this._pipelineOf(picture.isExternal ? "external" : "texture");
        const bindings = device.createBindGroup({
            layout: pipeline.getBindGroupLayout(0),
            entries: [
                { binding: 0, resource: { buffer: this._uniform } },
                { binding: 1, resource: this._sampler },
                { binding: 2, resource: picture.texture },
                { binding: 3, resource: { buffer: target } },
            ],
        });
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindings);
        const groups = Math.ceil(size / CROP_WORKGROUP);
        pass.dispatchWorkgroups(groups, groups);
        pass.end();
        // Submitted at once: the next window's numbers take the same buffer, in the queue's order.
        device.queue.submit([encoder.finish()]);
    }

    /** Takes a crop and reads it back, for proofs; frames have buffers that are made once. @returns 3 x S x S floats */
    public async readAsync(picture: GpuPicture, window: CropWindow, size: number): Promise<Float32Array> {
        const device = this._device;
        const bytes = CHANNELS * size * size * Float32Array.BYTES_PER_ELEMENT;
        const target = device.createBuffer({
            size: bytes,
            usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
        });
        const readable = device.createBuffer({ size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
        try {
            this.take(picture, window, { name: "crop", size }, target);
            const encoder = device.createCommandEncoder();
            encoder.copyBufferToBuffer(target, 0, readable, 0, bytes);
            device.queue.submit([encoder.finish()]);
            await readable.mapAsync(GPUMapMode.READ);
            return new Float32Array(readable.getMappedRange().slice(0));
        } finally {
            target.destroy();
            readable.destroy();
        }
    }

    private _write(picture: GpuPicture, window: CropWindow, size: number, oversampling: number): void {
        const step = window.side / size;
        const floats = this._floats;
        floats[0] = window.cx;
        floats[1] = window.cy;
        floats[2] = Math.cos(window.rotation) * step;
        floats[3] = Math.sin(window.rotation) * step;
        floats[4] = picture.width;
        floats[5] = picture.height;
        floats[6] = window.mirrored ? -1 : 1;
        this._integers[7] = size;
        this._integers[8] = oversampling;
        this._device.queue.writeBuffer(this._uniform, 0, this._numbers);
    }

    private _pipelineOf(kind: GpuPictureKind): GPUComputePipeline {
        return (this._pipelines[kind] ??= this._device.createComputePipeline({
            label: `hand tracking crop (${kind})`,
            layout: "auto",
            compute: {
                module: this._device.createShaderModule({ code: cropShader(kind) }),
                entryPoint: "takeCrop",
            },
        }));
    }
}
