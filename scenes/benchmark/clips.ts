// What is shown to the contenders: the sample clip, alone, doubled, coming and going, standing still, scaled.

/** Pictures, painted one by one. */
export interface Clip {
    width: number;
    height: number;
    /**
     * Paints the `index`-th picture; indices go on beyond the clip's end.
     * @returns how many hands are in it; null where one is half in
     */
    paint(context: CanvasRenderingContext2D, index: number): number | null;
}

/** Pictures of a hand that comes and goes: none, on its way in, there, on its way out. */
const GONE_FRAMES = 6;
const MOVING_FRAMES = 3;
const THERE_FRAMES = 8;
/** Pictures from one entry to the next. */
export const VISIT_FRAMES = GONE_FRAMES + 2 * MOVING_FRAMES + THERE_FRAMES;

/** Standard deviation of the noise of a standing picture, of 255: that of a webcam in a lit room. */
const NOISE_SIGMA = 3;
const NOISE_LENGTH = 1 << 18;
/** From one picture's noise to the next's; odd, so that no two pictures have the same. */
const NOISE_STRIDE = 7919;

/** One hand, as it is in the clip. */
export function oneHand(images: readonly ImageBitmap[]): Clip {
    const { width, height } = images[0];
    return {
        width,
        height,
        paint(context, index) {
            context.drawImage(images[index % images.length], 0, 0);
            return 1;
        },
    };
}

/** Twice as wide: the clip beside its mirror image, or beside the background that its left edge shows. */
export function besides(images: readonly ImageBitmap[], hands: 0 | 1 | 2): Clip {
    const { width, height } = images[0];
    return {
        width: 2 * width,
        height,
        paint(context, index) {
            const image = images[index % images.length];
            if (hands === 0) {
                drawEdge(context, image, 0, width);
            } else {
                context.drawImage(image, 0, 0);
            }
            context.setTransform(-1, 0, 0, 1, 2 * width, 0);
            if (hands === 2) {
                context.drawImage(image, 0, 0);
            } else {
                drawEdge(context, image, 0, width);
            }
            context.resetTransform();
            return hands;
        },
    };
}

/** The clip slides in from the right, stays, and slides out again; what it leaves free is filled with its left edge. */
export function comingAndGoing(images: readonly ImageBitmap[]): Clip {
    const { width, height } = images[0];
    return {
        width,
        height,
        paint(context, index) {
            const image = images[index % images.length];
            const at = (index % VISIT_FRAMES) - GONE_FRAMES;
            const isLeaving = at >= MOVING_FRAMES + THERE_FRAMES;
            const moved = isLeaving ? at - MOVING_FRAMES - THERE_FRAMES : MOVING_FRAMES - 1 - at;
            // 0: the hand is there; 1: it is gone.
            const away = at < 0 ? 1 : Math.min(Math.max((moved + 1) / (MOVING_FRAMES + 1), 0), 1);
            const there = at >= MOVING_FRAMES && !isLeaving;
            const shift = there ? 0 : Math.round(away * width);
            drawEdge(context, image, 0, width);
            context.drawImage(image, shift, 0);
            return there ? 1 : at < 0 ? 0 : null;
        },
    };
}

/**
 * One picture again and again, with the noise of a camera: nothing in it moves.
 * @param frames after so many it is another of the clip's pictures
 */
export function standingStill(images: readonly ImageBitmap[], frames: number): Clip {
    const { width, height } = images[0];
    const noise = gaussianNoise();
    return {
        width,
        height,
        paint(context, index) {
            context.drawImage(images[(index - (index % frames)) % images.length], 0, 0);
            const noisy = context.getImageData(0, 0, width, height);
            // Each picture has another stretch of the noise, the same for all who see it.
            let at = (index * NOISE_STRIDE) % NOISE_LENGTH;
            for (let i = 0; i < noisy.data.length; i++) {
                noisy.data[i] += (i & 3) === 3 ? 0 : noise[(at = (at + 1) & (NOISE_LENGTH - 1))];
            }
            context.putImageData(noisy, 0, 0);
            return 1;
        },
    };
}

/** The clip at another width, px. */
export function scaled(images: readonly ImageBitmap[], width: number): Clip {
    const height = Math.round((width * images[0].height) / images[0].width);
    return {
        width,
        height,
        paint(context, index) {
            context.drawImage(images[index % images.length], 0, 0, width, height);
            return 1;
        },
    };
}

/** A picture's left edge, drawn out to a width. */
function drawEdge(context: CanvasRenderingContext2D, image: ImageBitmap, x: number, width: number): void {
    context.drawImage(image, 0, 0, 1, image.height, x, 0, width, image.height);
}

/** The same numbers on every machine and in every run. */
function gaussianNoise(): Float32Array {
    let seed = 1;
    const random = (): number => {
        // Park and Miller's generator.
        seed = (seed * 48271) % 0x7fffffff;
        return seed / 0x7fffffff;
    };
    // Box and Muller.
    return Float32Array.from(
        { length: NOISE_LENGTH },
        () => NOISE_SIGMA * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random())
    );
}
