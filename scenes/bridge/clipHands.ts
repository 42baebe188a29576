// The bridge on the sample clip, frame by frame: as a script tag of its own, for tests and for looking at it without a camera.
// ?hands=2 shows the clip beside its mirror image: the network finds a right and a left hand in one picture; ?from=150 begins
// there.

import { ImageSequenceSource, XRHandBridge } from "../../src/bridge/index";
import CLIP from "../../assets/clip/clip.json";

/** What tests read. */
export interface ClipHands {
    bridge: XRHandBridge;
    /** What went wrong. */
    errors: string[];
    /** Frames that were processed. */
    frames: number;
}

declare global {
    interface Window {
        __clipHands: ClipHands;
    }
}

/** Frames of the clip, or of it and its mirror image side by side: left of the picture's middle as it is, right of it mirrored. */
async function readFramesAsync(isDouble: boolean, first: number): Promise<ImageBitmap[]> {
    const video = document.createElement("video");
    video.muted = true;
    video.src = `/assets/clip/${CLIP.file}`;
    await new Promise((resolve, reject) => {
        video.onloadeddata = resolve;
        video.onerror = () => reject(new Error(`${video.src} could not be decoded`));
    });
    const { videoWidth: width, videoHeight: height } = video;
    const canvas = document.createElement("canvas");
    canvas.width = isDouble ? 2 * width : width;
    canvas.height = height;
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    const images: ImageBitmap[] = [];
    for (let frame = first; frame < CLIP.frames; frame++) {
        // The middle of a frame's interval is that frame, whichever way a browser rounds.
        video.currentTime = (frame + 0.5) / CLIP.framesPerSecond;
        await new Promise((resolve) => (video.onseeked = resolve));
        context.setTransform(1, 0, 0, 1, 0, 0);
        context.drawImage(video, 0, 0);
        if (isDouble) {
            context.setTransform(-1, 0, 0, 1, 2 * width, 0);
            context.drawImage(video, 0, 0);
        }
        images.push(await createImageBitmap(canvas));
    }
    return images;
}

/** Of the picture's longer side: twice as wide a picture of the same focal length. */
function fieldOfView(isDouble: boolean): number {
    return isDouble ? 2 * Math.atan(2 * Math.tan(CLIP.fieldOfView / 2)) : CLIP.fieldOfView;
}

/** The clip, read when it is first started: the bridge has to be there before. */
class ClipSource extends ImageSequenceSource {
    private readonly _clip: ImageBitmap[];
    private _reading: Promise<void> | null = null;

    public constructor(
        private readonly _isDouble: boolean,
        private readonly _first: number
    ) {
        const images: ImageBitmap[] = [];
        super(images, { framesPerSecond: CLIP.framesPerSecond, fieldOfView: fieldOfView(_isDouble) });
        this._clip = images;
    }

    public override async startAsync(): Promise<void> {
        this._reading ??= readFramesAsync(this._isDouble, this._first).then((images) => {
            this._clip.push(...images);
        });
        await this._reading;
        await super.startAsync();
    }
}

const query = new URL(import.meta.url).searchParams;
const source = new ClipSource(query.get("hands") === "2", Number(query.get("from") ?? 0));
const bridge = new XRHandBridge({ source, backend: "wasm", modelBaseUrl: "/models/", force: true });
window.__clipHands = { bridge, errors: [], frames: 0 };
bridge.onError = (error) => window.__clipHands.errors.push(`${error.code}: ${error.message}`);
source.onAdvanced = (index) => (window.__clipHands.frames = index + 1);
bridge.install();
