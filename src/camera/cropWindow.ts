// The square of the image that a recoverer looks at.

/**
 * A square in the image. A crop pixel u of an N x N crop is taken from the image at
 * `c + R(rotation) (u - N/2) side / N`, R = [[cos, -sin], [sin, cos]]; where `mirrored`, u_x is N - u_x first.
 */
export interface CropWindow {
    /** Centre, image px. */
    cx: number;
    cy: number;
    /** Side, image px. */
    side: number;
    /** In-plane rotation, radians, clockwise as seen (y points down); 0 is upright. */
    rotation: number;
    /** Whether the crop is flipped so that a left hand looks like a right one. */
    mirrored: boolean;
}

export function createCropWindow(): CropWindow {
    return { cx: 0, cy: 0, side: 0, rotation: 0, mirrored: false };
}

/** How far a window reaches from its centre along either axis of the image, px. */
export function reachOf({ side, rotation }: Readonly<CropWindow>): number {
    return (side / 2) * (Math.abs(Math.cos(rotation)) + Math.abs(Math.sin(rotation)));
}
