// The sample clip's pictures, one by one.

/** `clip.json` beside the video. */
export interface ClipDescription {
    file: string;
    frames: number;
    framesPerSecond: number;
    fieldOfView: number;
}

/** Where the clip and its description lie. */
export const CLIP_FOLDER = "/assets/clip/";

export async function loadClipDescription(): Promise<ClipDescription> {
    return (await (await fetch(`${CLIP_FOLDER}clip.json`)).json()) as ClipDescription;
}

/**
 * Decodes the clip frame by frame.
 * @param frames how many, from its beginning
 */
export async function readClipImagesAsync(clip: ClipDescription, frames: number): Promise<ImageBitmap[]> {
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
    return images;
}
