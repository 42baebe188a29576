// Geometry: linear blend skinning, vertex normals, projection, the z-buffer and shadow maps.
// Camera space is metres, x right, y down, z forward. Pixel (i, j)'s value sits at image position (i, j).
#include "render.h"

// Linear blend skinning. local: n x 4 x 3, the vertex in the frames of its 4 bones; bone: n x 4 indices; weight: n x 4;
// affine: joints x 12, rows of the 3 x 4 matrices that take a bone's frame to the output space.
void skin(int n, const float *local, const int *bone, const float *weight, const float *affine, float *out) {
    for (int i = 0; i < n; i++) {
        float x = 0, y = 0, z = 0;
        for (int k = 0; k < 4; k++) {
            float w = weight[4 * i + k];
            if (w == 0) continue;
            const float *a = affine + 12 * bone[4 * i + k], *p = local + (4 * i + k) * 3;
            x += w * (a[0] * p[0] + a[1] * p[1] + a[2] * p[2] + a[3]);
            y += w * (a[4] * p[0] + a[5] * p[1] + a[6] * p[2] + a[7]);
            z += w * (a[8] * p[0] + a[9] * p[1] + a[10] * p[2] + a[11]);
        }
        out[3 * i] = x, out[3 * i + 1] = y, out[3 * i + 2] = z;
    }
}

// Vertex normals, weighted by triangle area. weld: the vertex whose normal each vertex shares (seams are smooth).
void normals(int n, const float *position, const int *weld, int triangles, const int *triangle, float *out) {
    memset(out, 0, sizeof(float) * 3 * n);
    for (int t = 0; t < triangles; t++) {
        const int *v = triangle + 3 * t;
        const float *a = position + 3 * v[0], *b = position + 3 * v[1], *c = position + 3 * v[2];
        float e[3], f[3];
        for (int k = 0; k < 3; k++) e[k] = b[k] - a[k], f[k] = c[k] - a[k];
        float m[3];
        cross(e, f, m);
        for (int q = 0; q < 3; q++)
            for (int k = 0; k < 3; k++) out[3 * weld[v[q]] + k] += m[k];
    }
    for (int i = 0; i < n; i++)
        if (weld[i] == i) normalise(out + 3 * i);
    for (int i = 0; i < n; i++)
        if (weld[i] != i) memcpy(out + 3 * i, out + 3 * weld[i], sizeof(float) * 3);
}

// Image positions (u, v) and 1/w of points: (u w, v w, w) = matrix * point. Points behind `NEAR` get 1/w = -1.
void project(int n, const float *position, const float *matrix, float *out) {
    for (int i = 0; i < n; i++) {
        const float *p = position + 3 * i, *m = matrix;
        float w = m[6] * p[0] + m[7] * p[1] + m[8] * p[2], *o = out + 3 * i;
        if (w < NEAR) {
            o[0] = o[1] = 0, o[2] = -1;
            continue;
        }
        o[2] = 1 / w;
        o[0] = (m[0] * p[0] + m[1] * p[1] + m[2] * p[2]) * o[2];
        o[1] = (m[3] * p[0] + m[4] * p[1] + m[5] * p[2]) * o[2];
    }
}

// Visibility: for every sample of a side x side image with factor x factor samples a pixel, the nearest triangle (-1: none)
// and its 1/w. Sample s of a row lies at image position (s + .5) / factor - .5.
void rasterise(int side, int factor, int triangles, const int *triangle, const float *projected, int *id, float *depth) {
    int n = side * factor;
    for (int i = 0; i < n * n; i++) id[i] = -1, depth[i] = 0;
    for (int t = 0; t < triangles; t++) {
        const float *a = projected + 3 * triangle[3 * t], *b = projected + 3 * triangle[3 * t + 1],
                    *c = projected + 3 * triangle[3 * t + 2];
        if (a[2] < 0 || b[2] < 0 || c[2] < 0) continue;
        // In sample coordinates: sample s lies at s.
        float shift = .5f * factor - .5f;
        float x0 = a[0] * factor + shift, y0 = a[1] * factor + shift, x1 = b[0] * factor + shift, y1 = b[1] * factor + shift,
              x2 = c[0] * factor + shift, y2 = c[1] * factor + shift;
        float area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
        if (fabsf(area) < 1e-7f) continue;
        float lx = fminf(x0, fminf(x1, x2)), hx = fmaxf(x0, fmaxf(x1, x2)), ly = fminf(y0, fminf(y1, y2)),
              hy = fmaxf(y0, fmaxf(y1, y2));
        if (hx < 0 || hy < 0 || lx > n - 1 || ly > n - 1) continue;
        int ix = lx < 0 ? 0 : (int)ceilf(lx), jx = hx > n - 1 ? n - 1 : (int)hx, iy = ly < 0 ? 0 : (int)ceilf(ly),
            jy = hy > n - 1 ? n - 1 : (int)hy;
        float inverse = 1 / area;
        // Barycentric weights of b and c, linear in x and y.
        float bx = (y2 - y0) * inverse, by = -(x2 - x0) * inverse, cx = -(y1 - y0) * inverse, cy = (x1 - x0) * inverse;
        float da = a[2], db = b[2] - a[2], dc = c[2] - a[2];
        for (int y = iy; y <= jy; y++) {
            float wb = (ix - x0) * bx + (y - y0) * by, wc = (ix - x0) * cx + (y - y0) * cy;
            for (int x = ix, at = y * n + ix; x <= jx; x++, at++, wb += bx, wc += cx) {
                if (wb < 0 || wc < 0 || wb + wc > 1) continue;
                float d = da + wb * db + wc * dc;
                if (d > depth[at]) depth[at] = d, id[at] = t;
            }
        }
    }
}

// Shadow map of a directional light: for each of size x size cells across the light, the smallest distance along it.
// frame: 3 x 4, takes camera space to (column, row, distance).
void shadow_map(int size, int n, const float *position, int triangles, const int *triangle, const float *frame, float *map) {
    for (int i = 0; i < size * size; i++) map[i] = 1e9f;
    static __thread float at[MAX_VERTICES * 3];
    if (n > MAX_VERTICES) return;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 3; k++)
            at[3 * i + k] = frame[4 * k] * position[3 * i] + frame[4 * k + 1] * position[3 * i + 1] +
                            frame[4 * k + 2] * position[3 * i + 2] + frame[4 * k + 3];
    for (int t = 0; t < triangles; t++) {
        const float *a = at + 3 * triangle[3 * t], *b = at + 3 * triangle[3 * t + 1], *c = at + 3 * triangle[3 * t + 2];
        float area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
        if (fabsf(area) < 1e-7f) continue;
        float lx = fminf(a[0], fminf(b[0], c[0])), hx = fmaxf(a[0], fmaxf(b[0], c[0])), ly = fminf(a[1], fminf(b[1], c[1])),
              hy = fmaxf(a[1], fmaxf(b[1], c[1]));
        if (hx < 0 || hy < 0 || lx > size - 1 || ly > size - 1) continue;
        int ix = lx < 0 ? 0 : (int)ceilf(lx), jx = hx > size - 1 ? size - 1 : (int)hx, iy = ly < 0 ? 0 : (int)ceilf(ly),
            jy = hy > size - 1 ? size - 1 : (int)hy;
        float inverse = 1 / area;
        for (int y = iy; y <= jy; y++)
            for (int x = ix; x <= jx; x++) {
                float wb = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) * inverse;
                float wc = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) * inverse;
                if (wb < 0 || wc < 0 || wb + wc > 1) continue;
                float d = a[2] + wb * (b[2] - a[2]) + wc * (c[2] - a[2]);
                if (d < map[y * size + x]) map[y * size + x] = d;
            }
    }
}
