// Types shared by mesh.c, shade.c and post.c; native.py mirrors the structures.
#ifndef RENDER_H
#define RENDER_H
#include <math.h>
#include <stdint.h>
#include <string.h>

#define NEAR 0.03f         // metres: what is nearer to the camera is not drawn
#define MAX_VERTICES 65536 // of a scene
#define MAX_LIGHTS 4
#define MAX_SIDE 1024   // of a crop, px
#define MAX_SAMPLES 16  // of a pixel

// A square texture, side a power of two, RGBA, followed by its smaller levels down to 4 x 4. Repeats.
typedef struct {
    const uint8_t *data;
    int size;
} Texture;

// How a surface answers light. `lut` takes texture values to linear albedo, a table for each channel.
typedef struct {
    Texture colour; // RGB through lut; A: 255 is ordinary skin, less is nail
    Texture normal; // tangent space, RGB 128 = 0; data may be null
    Texture detail; // R: albedo factor, G and B: slope; data may be null
    float lut[3][256];
    float nail[3];      // linear colour of nails, blended by nail_cover where the texture says nail
    float nail_cover;   // 0: nails as in the texture, 1: painted
    float roughness;    // of skin and other matter
    float nail_roughness;
    float f0;           // reflectance at normal incidence
    float metal;        // 0..1: tints reflections by the albedo and takes diffuse away
    float scatter;      // 0..1: light carried under the surface, red most
    float bump;         // strength of the normal map
    float detail_scale; // repeats of the detail texture for a unit of uv
    float detail_colour, detail_bump;
} Material;

typedef struct {
    float direction[3]; // toward the light
    float colour[3];
} Light;

// Environment light: 9 spherical harmonics of the irradiance (already divided by pi), and its blurred pictures
// (octahedral maps, `levels` of them one after the other, from sharp to rough, all height x height x 3).
typedef struct {
    float sh[9][3];
    float turn[9]; // camera space to the environment's
    const float *picture;
    int height, levels;
    float gain;
} Environment;

typedef struct {
    float frame[12]; // camera space to shadow map
    const float *map; // null: no shadow
    int size;
    float softness; // texels
    float bias;     // metres
} Shadow;

static inline float dot(const float *a, const float *b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
static inline void cross(const float *a, const float *b, float *o) {
    o[0] = a[1] * b[2] - a[2] * b[1], o[1] = a[2] * b[0] - a[0] * b[2], o[2] = a[0] * b[1] - a[1] * b[0];
}
static inline void normalise(float *a) {
    float s = 1 / sqrtf(dot(a, a) + 1e-20f);
    a[0] *= s, a[1] *= s, a[2] *= s;
}
static inline float clamp01(float x) { return x < 0 ? 0 : x > 1 ? 1 : x; }
#endif
