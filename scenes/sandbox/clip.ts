// The sample clip: a real hand for visitors without a camera, and for the headless demo.

import { ImageSequenceSource, VideoSource } from "../../src/index";
import { CLIP_FOLDER, readClipImagesAsync, type ClipDescription } from "./clipImages";

export { loadClipDescription, type ClipDescription } from "./clipImages";

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
    const images = await readClipImagesAsync(clip, frames);
    const source = new ImageSequenceSource(images, {
        framesPerSecond: clip.framesPerSecond,
        fieldOfView: clip.fieldOfView,
        loop: false,
    });
    return { source, images };
}
