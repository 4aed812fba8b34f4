// Sums over the channels and over the positions of a tile, in both layouts in memory.

#pragma once

#include <algorithm>
#include <cstdint>

#include "tiles.h"

namespace {

// out[p] = sum over c of weights[c] x[c, p]
void over_channels_by_channel(const Tile& t, const float* __restrict weights, float* __restrict out) {
    std::fill(out, out + t.positions, 0.0f);
    int64_t c = 0;
    for (; c + 4 <= t.channels; c += 4) {
        const float *a = t.x + c * t.stride, *b = a + t.stride, *d = b + t.stride, *e = d + t.stride;
        const float wa = weights[c], wb = weights[c + 1], wd = weights[c + 2], we = weights[c + 3];
#pragma omp simd
        for (int64_t p = 0; p < t.positions; ++p)
            out[p] += (wa * a[p] + wb * b[p]) + (wd * d[p] + we * e[p]);
    }
    for (; c < t.channels; ++c) {
        const float *a = t.x + c * t.stride, w = weights[c];
#pragma omp simd
        for (int64_t p = 0; p < t.positions; ++p)
            out[p] += w * a[p];
    }
}

void over_channels_by_position(const Tile& t, const float* __restrict weights, float* __restrict out) {
    int64_t p = 0;
    for (; p + 4 <= t.positions; p += 4)
        dots(weights, t.x + p * t.stride, t.stride, t.channels, out + p);
    for (; p < t.positions; ++p)
        out[p] = dot(weights, t.x + p * t.stride, t.channels);
}

// weighted[c] = sum over p of weights[p] x[c, p]; plain[c] = the same without weights
void over_positions_by_channel(const Tile& t, const float* __restrict weights, float* __restrict weighted,
                               float* __restrict plain) {
    int64_t c = 0;
    for (; c + 2 <= t.channels; c += 2) {
        const float *a = t.x + c * t.stride, *b = a + t.stride;
        float of_a = 0, of_b = 0, all_a = 0, all_b = 0;
#pragma omp simd reduction(+ : of_a, of_b, all_a, all_b)
        for (int64_t p = 0; p < t.positions; ++p) {
            of_a += weights[p] * a[p];
            of_b += weights[p] * b[p];
            all_a += a[p];
            all_b += b[p];
        }
        weighted[c] = of_a, weighted[c + 1] = of_b, plain[c] = all_a, plain[c + 1] = all_b;
    }
    for (; c < t.channels; ++c) {
        const float* a = t.x + c * t.stride;
        float of_a = 0, all_a = 0;
#pragma omp simd reduction(+ : of_a, all_a)
        for (int64_t p = 0; p < t.positions; ++p) {
            of_a += weights[p] * a[p];
            all_a += a[p];
        }
        weighted[c] = of_a, plain[c] = all_a;
    }
}

void over_positions_by_position(const Tile& t, const float* __restrict weights, float* __restrict weighted,
                                float* __restrict plain) {
    std::fill(weighted, weighted + t.channels, 0.0f);
    std::fill(plain, plain + t.channels, 0.0f);
    int64_t p = 0;
    for (; p + 4 <= t.positions; p += 4) {
        const float *a = t.x + p * t.stride, *b = a + t.stride, *d = b + t.stride, *e = d + t.stride;
        const float wa = weights[p], wb = weights[p + 1], wd = weights[p + 2], we = weights[p + 3];
#pragma omp simd
        for (int64_t c = 0; c < t.channels; ++c) {
            weighted[c] += (wa * a[c] + wb * b[c]) + (wd * d[c] + we * e[c]);
            plain[c] += (a[c] + b[c]) + (d[c] + e[c]);
        }
    }
    for (; p < t.positions; ++p) {
        const float *a = t.x + p * t.stride, w = weights[p];
#pragma omp simd
        for (int64_t c = 0; c < t.channels; ++c) {
            weighted[c] += w * a[c];
            plain[c] += a[c];
        }
    }
}

}  // namespace
