// The sample clip: a real hand for visitors without a camera, and for the headless demo.

import { ImageSequenceSource, VideoSource } from "../../src/index";

/** `clip.json` beside the video. */
export interface ClipDescription {
    file: string;
    frames: number;
    framesPerSecond: number;
    fieldOfView: number;
}

const CLIP_FOLDER = "/assets/clip/";

export async function loadClipDescription(): Promise<ClipDescription> {
    return (await (await fetch(`${CLIP_FOLDER}clip.json`)).json()) as ClipDescription;
}

/** The clip in real time. */
export function createClipSource(clip: ClipDescription): VideoSource {
    return new VideoSource(CLIP_FOLDER + clip.file, { fieldOfView: clip.fieldOfView });
}

/** Calls back whenever the playing clip begins again. */
export function onClipRestart(source: VideoSource, restarted: () => void): void {
    let last = 0;
    source.video.addEventListener("timeupdate", () => {
        const { currentTime } = source.video;
        if (currentTime < last) {
            restarted();
        }
        last = currentTime;
    });
}

/**
 * The clip frame by frame, each when the last was processed: what a slow machine shows is what a fast one shows.
 * @param frames how many, from its beginning; all if not given
 */
export async function createClipSequence(
    clip: ClipDescription,
    frames = clip.frames
): Promise<{ source: ImageSequenceSource; images: ImageBitmap[] }> {
    const video = document.createElement("video");
    video.muted = true;
    video.src = CLIP_FOLDER + clip.file;
    await new Promise((resolve, reject) => {
        video.onloadeddata = resolve;
        video.onerror = () => reject(new Error(`${video.src} could not be decoded`));
    });
    // Kept in the computer's own memory: pictures on the GPU would have to be read back frame by frame.
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    const images: ImageBitmap[] = [];
    for (let frame = 0; frame < frames; frame++) {
        // The middle of a frame's interval is that frame, whichever way a browser rounds.
        video.currentTime = (frame + 0.5) / clip.framesPerSecond;
        await new Promise((resolve) => (video.onseeked = resolve));
        context.drawImage(video, 0, 0);
        images.push(await createImageBitmap(canvas));
    }
    const source = new ImageSequenceSource(images, {
        framesPerSecond: clip.framesPerSecond,
        fieldOfView: clip.fieldOfView,
        loop: false,
    });
    return { source, images };
}
