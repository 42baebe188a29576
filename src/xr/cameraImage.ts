// A session's camera image, scaled down and read back without waiting for the GPU.

import { HandTrackingError } from "../errors";

/** Longer side of what is read, px: a webcam's. Hands are cropped from it to 224 px. */
const LONGER_SIDE = 640;
const BYTES_PER_PIXEL = 4;

/** Bytes of a picture, rows from the top, RGBA. */
export interface PictureBytes {
    data: Uint8Array<ArrayBuffer>;
    width: number;
    height: number;
}

/** Copies textures in one frame and gives their bytes in a later one. Leaves the WebGL state as it was. */
export class CameraImageReader {
    public readonly bytes: PictureBytes = { data: new Uint8Array(0), width: 0, height: 0 };
    private readonly _source: WebGLFramebuffer;
    private readonly _target: WebGLFramebuffer;
    private readonly _color: WebGLRenderbuffer;
    private readonly _buffer: WebGLBuffer;
    private _fence: WebGLSync | null = null;

    public constructor(private readonly _gl: WebGL2RenderingContext) {
        this._source = _gl.createFramebuffer();
        this._target = _gl.createFramebuffer();
        this._color = _gl.createRenderbuffer();
        this._buffer = _gl.createBuffer();
    }

    /** Whether a copy is under way. */
    public get isBusy(): boolean {
        return this._fence !== null;
    }

    /**
     * Starts a copy; within the frame that the texture belongs to.
     * @param texture whose first row is the picture's lowest, `width` x `height` px
     * @throws HandTrackingError `xr-camera-missing` where the texture can't be read
     */
    public start(texture: WebGLTexture, width: number, height: number): void {
        const gl = this._gl;
        const scale = Math.min(1, LONGER_SIDE / Math.max(width, height));
        const to = { width: Math.round(width * scale), height: Math.round(height * scale) };
        const read = gl.getParameter(gl.READ_FRAMEBUFFER_BINDING) as WebGLFramebuffer | null;
        const draw = gl.getParameter(gl.DRAW_FRAMEBUFFER_BINDING) as WebGLFramebuffer | null;
        const pack = gl.getParameter(gl.PIXEL_PACK_BUFFER_BINDING) as WebGLBuffer | null;
        // The scissor cuts blits too.
        const isScissored = gl.isEnabled(gl.SCISSOR_TEST);
        gl.disable(gl.SCISSOR_TEST);
        gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this._buffer);
        gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, this._target);
        this._resize(to.width, to.height);
        gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this._source);
        gl.framebufferTexture2D(gl.READ_FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
        const status = gl.checkFramebufferStatus(gl.READ_FRAMEBUFFER);
        if (status === gl.FRAMEBUFFER_COMPLETE) {
            // Upside down: rows of pictures begin at the top.
            gl.blitFramebuffer(0, 0, width, height, 0, to.height, to.width, 0, gl.COLOR_BUFFER_BIT, gl.LINEAR);
            gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this._target);
            gl.readPixels(0, 0, to.width, to.height, gl.RGBA, gl.UNSIGNED_BYTE, 0);
            this._fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
            gl.flush();
        }
        gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this._source);
        gl.framebufferTexture2D(gl.READ_FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, null, 0);
        gl.bindFramebuffer(gl.READ_FRAMEBUFFER, read);
        gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, draw);
        gl.bindBuffer(gl.PIXEL_PACK_BUFFER, pack);
        if (isScissored) {
            gl.enable(gl.SCISSOR_TEST);
        }
        if (status !== gl.FRAMEBUFFER_COMPLETE) {
            throw new HandTrackingError(
                "xr-camera-missing",
                `The session's camera image of ${width} x ${height} px can't be read (framebuffer status ${status}); use the headset's own hands.`
            );
        }
    }

    /** The bytes of the copy that was started, valid until the next `start`; null while it is not done. */
    public finish(): PictureBytes | null {
        const gl = this._gl;
        if (!this._fence || gl.clientWaitSync(this._fence, 0, 0) === gl.TIMEOUT_EXPIRED) {
            return null;
        }
        this._forget();
        const pack = gl.getParameter(gl.PIXEL_PACK_BUFFER_BINDING) as WebGLBuffer | null;
        gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this._buffer);
        gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, this.bytes.data);
        gl.bindBuffer(gl.PIXEL_PACK_BUFFER, pack);
        return this.bytes;
    }

    public dispose(): void {
        const gl = this._gl;
        this._forget();
        gl.deleteFramebuffer(this._source);
        gl.deleteFramebuffer(this._target);
        gl.deleteRenderbuffer(this._color);
        gl.deleteBuffer(this._buffer);
    }

    /** With the target framebuffer and the buffer bound. */
    private _resize(width: number, height: number): void {
        const gl = this._gl;
        const { bytes } = this;
        if (bytes.width === width && bytes.height === height) {
            return;
        }
        bytes.data = new Uint8Array(width * height * BYTES_PER_PIXEL);
        bytes.width = width;
        bytes.height = height;
        const before = gl.getParameter(gl.RENDERBUFFER_BINDING) as WebGLRenderbuffer | null;
        gl.bindRenderbuffer(gl.RENDERBUFFER, this._color);
        gl.renderbufferStorage(gl.RENDERBUFFER, gl.RGBA8, width, height);
        gl.framebufferRenderbuffer(gl.DRAW_FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, this._color);
        gl.bindRenderbuffer(gl.RENDERBUFFER, before);
        gl.bufferData(gl.PIXEL_PACK_BUFFER, bytes.data.byteLength, gl.STREAM_READ);
    }

    private _forget(): void {
        if (this._fence) {
            this._gl.deleteSync(this._fence);
            this._fence = null;
        }
    }
}
