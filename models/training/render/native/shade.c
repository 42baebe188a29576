// Shading: every pixel's samples are grouped by surface, each group is shaded once, and the groups are averaged by coverage.
#include "render.h"

// What is drawn. position, normal: vertices x 3, camera space; attribute: vertices x 6 = u, v, weight of the texture
// (0: its middle value), tint r, g, b; triangle: x 3; material, object: one a triangle.
typedef struct {
    const float *position, *normal, *attribute, *projected;
    const int *triangle;
    const uint8_t *material;
    const Material *materials;
    float unproject[9]; // inverse of the projection: (u w, v w, w) to camera space
    const float *depth; // samples' 1/w
    const int *id;      // samples' triangle
    int side, factor;
    Light lights[MAX_LIGHTS]; // the first casts shadows
    int light_count;
    Environment environment;
    Shadow shadow;
    float occlusion_radius, occlusion_strength; // metres; ambient occlusion
} Scene;

// Bilinear lookup in the level whose texels are about `footprint` (in uv) wide.
static void look_up(const Texture *t, float u, float v, float footprint, float *out) {
    const uint8_t *data = t->data;
    int size = t->size;
    float texels = footprint * size;
    while (texels > 1.4f && size > 4) data += 4 * size * size, size >>= 1, texels *= .5f;
    float x = u * size - .5f, y = v * size - .5f;
    float fx = floorf(x), fy = floorf(y);
    int x0 = (int)fx & (size - 1), y0 = (int)fy & (size - 1), x1 = (x0 + 1) & (size - 1), y1 = (y0 + 1) & (size - 1);
    float ax = x - fx, ay = y - fy;
    const uint8_t *a = data + 4 * (y0 * size + x0), *b = data + 4 * (y0 * size + x1), *c = data + 4 * (y1 * size + x0),
                  *d = data + 4 * (y1 * size + x1);
    float wa = (1 - ax) * (1 - ay), wb = ax * (1 - ay), wc = (1 - ax) * ay, wd = ax * ay;
    for (int k = 0; k < 4; k++) out[k] = wa * a[k] + wb * b[k] + wc * c[k] + wd * d[k];
}

static inline float fifth(float x) { return x * x * x * x * x; }

// Light from the environment on a surface with normal n, divided by pi.
static void irradiance(const Environment *e, const float *n, float *out) {
    float d[3];
    for (int k = 0; k < 3; k++) d[k] = dot(e->turn + 3 * k, n);
    float x = d[0], y = d[1], z = d[2];
    const float b[9] = {.282095f,          .488603f * y,      .488603f * z,
                        .488603f * x,      1.092548f * x * y, 1.092548f * y * z,
                        .315392f * (3 * z * z - 1), 1.092548f * x * z, .546274f * (x * x - y * y)};
    for (int k = 0; k < 3; k++) {
        float s = 0;
        for (int i = 0; i < 9; i++) s += b[i] * e->sh[i][k];
        out[k] = s < 0 ? 0 : s * e->gain;
    }
}

// The environment's blurred picture in a direction (octahedral map); roughness 0..1 chooses between its levels.
static void reflection(const Environment *e, const float *direction, float roughness, float *out) {
    float d[3];
    for (int k = 0; k < 3; k++) d[k] = dot(e->turn + 3 * k, direction);
    float sum = 1 / (fabsf(d[0]) + fabsf(d[1]) + fabsf(d[2]) + 1e-9f), x = d[0] * sum, y = d[1] * sum;
    if (d[2] < 0) {
        float fold = (1 - fabsf(y)) * (x < 0 ? -1 : 1);
        y = (1 - fabsf(x)) * (y < 0 ? -1 : 1), x = fold;
    }
    int h = e->height, ix = (int)((x + 1) * .5f * h), iy = (int)((y + 1) * .5f * h);
    ix = ix < 0 ? 0 : ix >= h ? h - 1 : ix, iy = iy < 0 ? 0 : iy >= h ? h - 1 : iy;
    float level = clamp01(roughness) * (e->levels - 1);
    int l0 = (int)level, l1 = l0 + 1 < e->levels ? l0 + 1 : l0;
    float t = level - l0;
    const float *a = e->picture + (l0 * h * h + iy * h + ix) * 3, *b = e->picture + (l1 * h * h + iy * h + ix) * 3;
    for (int k = 0; k < 3; k++) out[k] = (a[k] * (1 - t) + b[k] * t) * e->gain;
}

// Share of the first light that reaches a point: 3 x 3 cells of the shadow map, spread by its softness.
static float lit(const Shadow *s, const float *p, const float *n, const float *toward) {
    if (!s->map) return 1;
    if (dot(n, toward) < -.35f) return 0;
    float q[3], at[3];
    for (int k = 0; k < 3; k++) q[k] = p[k] + n[k] * s->bias;
    for (int k = 0; k < 3; k++) at[k] = dot(s->frame + 4 * k, q) + s->frame[4 * k + 3];
    float sum = 0, weight = 0;
    for (int j = -1; j <= 1; j++)
        for (int i = -1; i <= 1; i++) {
            if ((i || j) && s->softness < 1.3f && (i != 0) == (j != 0)) continue; // hard shadows: 5 cells will do
            float x = at[0] + i * s->softness, y = at[1] + j * s->softness;
            float g = (i ? 1 : 2) * (j ? 1 : 2);
            int x0 = (int)floorf(x), y0 = (int)floorf(y);
            weight += g;
            if (x0 < 0 || y0 < 0 || x0 >= s->size - 1 || y0 >= s->size - 1) {
                sum += g;
                continue;
            }
            const float *m = s->map + y0 * s->size + x0;
            float ax = x - x0, ay = y - y0, limit = at[2] - s->bias;
            float top = (m[0] > limit) * (1 - ax) + (m[1] > limit) * ax;
            float low = (m[s->size] > limit) * (1 - ax) + (m[s->size + 1] > limit) * ax;
            sum += g * (top * (1 - ay) + low * ay);
        }
    return sum / weight;
}

// Share of the surroundings that a point sees: taps of the z-buffer around it ("scalable ambient obscurance").
static float openness(const Scene *s, float u, float v, float w, const float *p, const float *n) {
    static const float TAPS[9][2] = {{.25f, .1f}, {-.2f, .35f},  {-.45f, -.2f}, {.15f, -.55f}, {.65f, .2f},
                                     {.1f, .8f},  {-.85f, .3f}, {-.5f, -.75f}, {.7f, -.65f}};
    const float *m = s->unproject;
    // Pixels that the radius spans here: one pixel is about |column 0 of unproject| * w metres.
    float metres = sqrtf(m[0] * m[0] + m[3] * m[3] + m[6] * m[6]) * w;
    float reach = fminf(s->occlusion_radius / metres, .3f * s->side);
    int side = s->side * s->factor;
    float sum = 0;
    for (int i = 0; i < 9; i++) {
        float x = u + TAPS[i][0] * reach, y = v + TAPS[i][1] * reach;
        int ix = (int)((x + .5f) * s->factor), iy = (int)((y + .5f) * s->factor);
        if (ix < 0 || iy < 0 || ix >= side || iy >= side) continue;
        float inverse = s->depth[iy * side + ix];
        if (inverse <= 0) continue;
        float z = 1 / inverse, q[3], a[3] = {x * z, y * z, z};
        for (int k = 0; k < 3; k++) q[k] = dot(m + 3 * k, a) - p[k];
        float square = dot(q, q), r = s->occlusion_radius;
        float f = 1 - square / (1.5f * r * r);
        if (f > 0) sum += f * f * fmaxf(0, dot(q, n) - .0015f) / sqrtf(square + 1e-7f);
    }
    return 1 - fminf(.92f, s->occlusion_strength * sum * (1.6f / 9));
}

// `open`: ambient openness already found for this place, or below 0.
static float shade_point(const Scene *s, int t, float u, float v, float open, float *out) {
    const int *vertex = s->triangle + 3 * t;
    const float *a = s->projected + 3 * vertex[0], *b = s->projected + 3 * vertex[1], *c = s->projected + 3 * vertex[2];
    float inverse = 1 / ((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]));
    float wb = ((u - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (v - a[1])) * inverse;
    float wc = ((b[0] - a[0]) * (v - a[1]) - (u - a[0]) * (b[1] - a[1])) * inverse;
    // Off the triangle by at most a sample's distance: pull back onto it.
    wb = clamp01(wb), wc = clamp01(wc);
    if (wb + wc > 1) wb /= wb + wc, wc = 1 - wb;
    float wa = 1 - wb - wc;
    wa *= a[2], wb *= b[2], wc *= c[2];
    float w = 1 / (wa + wb + wc);
    wa *= w, wb *= w, wc *= w;
    float p[3], n[3], e[6], view[3];
    const float *pa = s->position + 3 * vertex[0], *pb = s->position + 3 * vertex[1], *pc = s->position + 3 * vertex[2];
    const float *na = s->normal + 3 * vertex[0], *nb = s->normal + 3 * vertex[1], *nc = s->normal + 3 * vertex[2];
    const float *ea = s->attribute + 6 * vertex[0], *eb = s->attribute + 6 * vertex[1], *ec = s->attribute + 6 * vertex[2];
    for (int k = 0; k < 3; k++) p[k] = wa * pa[k] + wb * pb[k] + wc * pc[k], n[k] = wa * na[k] + wb * nb[k] + wc * nc[k];
    for (int k = 0; k < 6; k++) e[k] = wa * ea[k] + wb * eb[k] + wc * ec[k];
    normalise(n);
    for (int k = 0; k < 3; k++) view[k] = -p[k];
    normalise(view);
    const Material *m = s->materials + s->material[t];
    float d1[3], d2[3], face[3];
    for (int k = 0; k < 3; k++) d1[k] = pb[k] - pa[k], d2[k] = pc[k] - pa[k];
    cross(d1, d2, face);
    // Seen from behind (into a sleeve): the normal is turned. Merely past the outline: it is bent to just in sight.
    float outside = dot(face, n), seen_from = dot(face, view);
    if (outside * seen_from < 0)
        for (int k = 0; k < 3; k++) n[k] = -n[k];
    float facing = dot(n, view);
    if (facing < .03f) {
        for (int k = 0; k < 3; k++) n[k] += view[k] * (.03f - facing);
        normalise(n);
    }

    // Texture lookups, at the level that fits a pixel's footprint.
    float du1 = eb[0] - ea[0], dv1 = eb[1] - ea[1], du2 = ec[0] - ea[0], dv2 = ec[1] - ea[1];
    float uv_area = du1 * dv2 - du2 * dv1;
    float footprint = sqrtf(fabsf(uv_area * inverse));
    float texel[4] = {128, 128, 128, 255}, albedo[3], bumped[3] = {n[0], n[1], n[2]}, factor = 1;
    if (m->colour.data && e[2] > .004f) {
        look_up(&m->colour, e[0], e[1], footprint, texel);
        for (int k = 0; k < 4; k++) texel[k] = (k < 3 ? 128 : 255) + (texel[k] - (k < 3 ? 128 : 255)) * e[2];
    }
    float slope[2] = {0, 0};
    if (m->normal.data && m->bump * e[2] > .004f) {
        float q[4];
        look_up(&m->normal, e[0], e[1], footprint, q);
        slope[0] = (q[0] - 128) * (1 / 127.f) * m->bump * e[2], slope[1] = (q[1] - 128) * (1 / 127.f) * m->bump * e[2];
    }
    if (m->detail.data) {
        float q[4];
        look_up(&m->detail, e[0] * m->detail_scale, e[1] * m->detail_scale, footprint * m->detail_scale, q);
        factor += (q[0] - 128) * (1 / 128.f) * m->detail_colour;
        slope[0] += (q[1] - 128) * (1 / 128.f) * m->detail_bump, slope[1] += (q[2] - 128) * (1 / 128.f) * m->detail_bump;
    }
    if ((slope[0] != 0 || slope[1] != 0) && fabsf(uv_area) > 1e-12f) {
        float r = 1 / uv_area, tangent[3], bitangent[3];
        for (int k = 0; k < 3; k++) tangent[k] = (d1[k] * dv2 - d2[k] * dv1) * r, bitangent[k] = (d1[k] * du2 - d2[k] * du1) * r;
        normalise(tangent), normalise(bitangent);
        for (int k = 0; k < 3; k++) bumped[k] += slope[0] * tangent[k] + slope[1] * bitangent[k];
        normalise(bumped);
    }
    float nail = clamp01((255 - texel[3]) * (1 / 255.f));
    for (int k = 0; k < 3; k++) {
        int i = (int)(texel[k] + .5f);
        albedo[k] = m->lut[k][i < 0 ? 0 : i > 255 ? 255 : i] * e[3 + k] * factor;
        albedo[k] += (m->nail[k] - albedo[k]) * nail * m->nail_cover;
    }
    float roughness = m->roughness + (m->nail_roughness - m->roughness) * nail;

    if (open < 0) open = openness(s, u, v, w, p, n);
    float shadow = lit(&s->shadow, p, n, s->lights[0].direction);
    float diffuse[3], gloss[3], bounce[3];
    float soft[3], normal_of[3][3];
    const float SPREAD[3] = {.8f, .45f, .25f}, WRAP[3] = {.32f, .14f, .07f}; // red travels farthest under skin
    for (int k = 0; k < 3; k++) {
        float g = SPREAD[k] * m->scatter;
        for (int i = 0; i < 3; i++) normal_of[k][i] = bumped[i] + (n[i] - bumped[i]) * g;
        soft[k] = WRAP[k] * m->scatter;
    }
    irradiance(&s->environment, bumped, diffuse);
    // Light bounces between fingers and comes out red: occlusion takes less from bright skin, and least of its red.
    // open to the power of 1.25 - .5 albedo, less for red under skin; powers between those of .5 and 1.5 are near enough.
    float root = sqrtf(open);
    for (int k = 0; k < 3; k++) {
        float power = 1.25f - .5f * clamp01(albedo[k]) - .25f * m->scatter * (k == 0);
        diffuse[k] *= root * (1 + (open - 1) * (power - .5f));
    }
    float nv = fmaxf(dot(bumped, view), .02f), r[3], alpha = roughness * roughness, alpha2 = alpha * alpha;
    for (int k = 0; k < 3; k++) r[k] = 2 * dot(bumped, view) * bumped[k] - view[k];
    reflection(&s->environment, r, sqrtf(roughness), bounce);
    // Rough skin and its down hide most of the mirror at grazing angles.
    float fresnel = .5f * fifth(1 - fmaxf(nv, .12f)) * (1 - roughness) * (1 - roughness);
    for (int k = 0; k < 3; k++) {
        float f0 = m->f0 + (albedo[k] - m->f0) * m->metal;
        gloss[k] = bounce[k] * (f0 + (1 - f0) * fresnel) * open * open;
    }
    for (int i = 0; i < s->light_count; i++) {
        const Light *l = s->lights + i;
        float seen = i == 0 ? shadow : .25f + .75f * open, red = i == 0 ? sqrtf(shadow) : seen;
        for (int k = 0; k < 3; k++) {
            float d = (dot(normal_of[k], l->direction) + soft[k]) / (1 + soft[k]);
            if (d <= 0) continue;
            diffuse[k] += l->colour[k] * d * (k == 0 ? seen + (red - seen) * .6f * m->scatter : seen);
        }
        float nl = dot(bumped, l->direction);
        if (nl <= 0 || seen <= 0) continue;
        float h[3] = {l->direction[0] + view[0], l->direction[1] + view[1], l->direction[2] + view[2]};
        normalise(h);
        float nh = fmaxf(dot(bumped, h), 0), vh = fmaxf(dot(view, h), 0);
        float d = alpha2 / ((nh * nh * (alpha2 - 1) + 1) * (nh * nh * (alpha2 - 1) + 1) + 1e-9f); // GGX, without 1/pi
        float k2 = alpha * .5f, visible = 1 / ((nl * (1 - k2) + k2) * (nv * (1 - k2) + k2) * 4);
        float f5 = fifth(1 - vh) * (1 - roughness);
        for (int k = 0; k < 3; k++) {
            float f0 = m->f0 + (albedo[k] - m->f0) * m->metal;
            gloss[k] += l->colour[k] * seen * nl * fminf(d * visible, 4) * (f0 + (1 - f0) * f5);
        }
    }
    for (int k = 0; k < 3; k++) out[k] = albedo[k] * (1 - m->metal) * diffuse[k] + gloss[k];
    return open;
}

// colour: side x side x 4, linear, premultiplied by coverage. Returns how many groups were shaded.
int shade(const Scene *s, float *colour) {
    int n = s->side * s->factor, per = s->factor * s->factor, shaded = 0;
    // Ambient openness is found once for each surface in a block of 2 x 2 pixels: the last one's 1/w and value.
    static __thread float known[MAX_SIDE / 2 + 1][2];
    int place[MAX_SAMPLES]; // of a pixel's samples in a row of samples, and their offsets from the pixel's middle
    float dx[MAX_SAMPLES], dy[MAX_SAMPLES];
    for (int j = 0; j < s->factor; j++)
        for (int i = 0; i < s->factor; i++) {
            int at = j * s->factor + i;
            place[at] = j * n + i;
            dx[at] = (i + .5f) / s->factor - .5f, dy[at] = (j + .5f) / s->factor - .5f;
        }
    for (int y = 0; y < s->side; y++)
        for (int x = 0; x < s->side; x++) {
            float *o = colour + 4 * (y * s->side + x), *block = known[x / 2];
            if (y % 2 == 0 && x % 2 == 0) block[0] = 0;
            o[0] = o[1] = o[2] = o[3] = 0;
            int first = y * s->factor * n + x * s->factor;
            const int *id = s->id + first;
            const float *depth = s->depth + first;
            uint32_t done = 0;
            for (int i = 0; i < per; i++) {
                int t = id[place[i]];
                if (t < 0 || done >> i & 1) continue;
                // The samples that see the same surface: same material, depth within 4 per mille.
                float su = 0, sv = 0, d = depth[place[i]];
                int count = 0;
                for (int j = i; j < per; j++) {
                    int q = id[place[j]];
                    if (q < 0 || done >> j & 1 || s->material[q] != s->material[t]) continue;
                    if (fabsf(depth[place[j]] - d) > .004f * d) continue;
                    done |= 1u << j;
                    su += dx[j], sv += dy[j];
                    count++;
                }
                float c[3], share = (float)count / per;
                int same = fabsf(d - block[0]) < .006f * d;
                block[1] = shade_point(s, t, x + su / count, y + sv / count, same ? block[1] : -1, c);
                block[0] = d;
                shaded++;
                for (int k = 0; k < 3; k++) o[k] += share * c[k];
                o[3] += share;
            }
        }
    return shaded;
}

// Depth along z (0: nothing) at every pixel's middle, and the kind of what its first sample sees (0: nothing).
void maps(int side, int factor, const int *id, const float *depth, const uint8_t *kind, const float *unproject, float *z,
          uint8_t *mask) {
    int n = side * factor;
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            float sum = 0;
            int count = 0;
            for (int j = 0; j < factor; j++)
                for (int i = 0; i < factor; i++) {
                    float d = depth[(y * factor + j) * n + x * factor + i];
                    sum += d, count += d > 0;
                }
            int t = id[y * factor * n + x * factor];
            mask[y * side + x] = t < 0 ? 0 : kind[t];
            // 1/w is linear across a plane in the image: the mean of the samples is their middle's.
            z[y * side + x] = count ? count / sum * (unproject[6] * x + unproject[7] * y + unproject[8]) : 0;
        }
}
