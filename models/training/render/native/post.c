// From linear light to what a camera stores: over the background, tone curve, sharpening, noise.
#include "render.h"

// Puts the foreground (side x side x 4, linear, premultiplied) over the background (side x side x 3, bytes; `decode`
// takes them to linear light) and through the tone curve, a table of 1024 entries over the square root of light 0..4.
// dim: side x side bytes, how much of the background's light is taken by the hand's shadow; may be null.
void compose(int side, const float *front, const uint8_t *back, const float *decode /* 3 x 256 */, const uint8_t *dim,
             const float *tone /* 3 x 1024 */, float *out) {
    for (int i = 0; i < side * side; i++)
        for (int k = 0; k < 3; k++) {
            float b = decode[256 * k + back[3 * i + k]];
            if (dim) b *= 1 - dim[i] * (1 / 255.f);
            float x = front[4 * i + k] + (1 - front[4 * i + 3]) * b;
            float at = sqrtf(x < 0 ? 0 : x > 4 ? 4 : x) * 511.5f;
            int j = (int)at;
            j = j > 1022 ? 1022 : j;
            out[3 * i + k] = tone[1024 * k + j] + (tone[1024 * k + j + 1] - tone[1024 * k + j]) * (at - j);
        }
}

static inline uint32_t next(uint32_t *s) {
    uint32_t x = *s;
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    return *s = x;
}

// About normal, deviation 1: the sum of four bytes.
static inline float bell(uint32_t *s) {
    uint32_t r = next(s);
    return ((r & 255) + ((r >> 8) & 255) + ((r >> 16) & 255) + (r >> 24)) * (1 / 147.8f) - 3.451f;
}

// Noise and rounding. image: side x side x 3, 0..1. luma: deviation of grey noise at mid grey, in the shadows `floor` times
// that; chroma: deviation of colour noise, in cells of 2 x 2 pixels.
void finish(int side, const float *image, float luma, float floor, float chroma, uint32_t seed, uint8_t *out) {
    uint32_t s = seed * 2654435761u | 1;
    static __thread float cell[3 * 2048];
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            const float *p = image + 3 * (y * side + x);
            float *c = cell + 3 * (x >> 1);
            if (chroma > 0 && !(x & 1) && !(y & 1))
                for (int k = 0; k < 3; k++) c[k] = bell(&s) * chroma;
            float grey = luma > 0 ? bell(&s) * luma : 0;
            float level = p[1] < 0 ? 0 : p[1] > 1 ? 1 : p[1];
            float strength = floor + (1 - floor) * 2 * sqrtf(level * (1 - .75f * level));
            for (int k = 0; k < 3; k++) {
                float v = p[k] + (grey + (chroma > 0 ? c[k] : 0)) * strength;
                out[3 * (y * side + x) + k] = (uint8_t)(clamp01(v) * 255 + .5f);
            }
        }
}
