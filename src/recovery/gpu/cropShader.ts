// The compute shader that takes a window of a picture: what sampleCrop.ts does, on the GPU.

/** Threads of a workgroup along each side of the crop. */
export const CROP_WORKGROUP = 8;

/** Bytes of `Window` in the shader. */
export const WINDOW_BYTES = 48;

const sampling = {
    // Both take pixels beyond the border as the border's; `inside` makes them black.
    external: { type: "texture_external", sample: "textureSampleBaseClampToEdge(picture, bilinear, place)" },
    texture: { type: "texture_2d<f32>", sample: "textureSampleLevel(picture, bilinear, place, 0.0)" },
};

/** What a picture can be on the GPU. */
export type GpuPictureKind = keyof typeof sampling;

/** WGSL with the entry point `takeCrop`, one thread a pixel of the crop. */
export function cropShader(kind: GpuPictureKind): string {
    const { type, sample } = sampling[kind];
    return /* wgsl */ `
struct Window {
    centre: vec2f,       // image px
    turn: vec2f,         // cosine and sine of the rotation, times image px a crop px
    image: vec2f,        // width and height, px
    flip: f32,           // -1 where the crop is mirrored
    size: u32,           // side of the crop, px
    oversampling: u32,   // samples along each side of a crop px
}
@group(0) @binding(0) var<uniform> window: Window;
@group(0) @binding(1) var bilinear: sampler;
@group(0) @binding(2) var picture: ${type};
@group(0) @binding(3) var<storage, read_write> crop: array<f32>; // 3 planes

// A pixel's value lies at its integer position; beyond the border, over one pixel, the picture fades to black.
fn colourAt(placePx: vec2f) -> vec3f {
    let inside = clamp(min(placePx + 1.0, window.image - placePx), vec2f(0.0), vec2f(1.0));
    let place = (placePx + 0.5) / window.image;
    return ${sample}.rgb * inside.x * inside.y;
}

@compute @workgroup_size(${CROP_WORKGROUP}, ${CROP_WORKGROUP})
fn takeCrop(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= window.size || id.y >= window.size) {
        return;
    }
    let step = 1.0 / f32(window.oversampling);
    let half = 0.5 * f32(window.size);
    var sum = vec3f(0.0);
    for (var j = 0u; j < window.oversampling; j++) {
        for (var i = 0u; i < window.oversampling; i++) {
            let u = window.flip * (f32(id.x) + f32(i) * step - half);
            let v = f32(id.y) + f32(j) * step - half;
            sum += colourAt(window.centre + vec2f(window.turn.x * u - window.turn.y * v, window.turn.y * u + window.turn.x * v));
        }
    }
    let colour = sum * step * step;
    let plane = window.size * window.size;
    let at = id.y * window.size + id.x;
    crop[at] = colour.r;
    crop[at + plane] = colour.g;
    crop[at + 2u * plane] = colour.b;
}
`;
}
