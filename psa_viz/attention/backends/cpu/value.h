// The softmax on the value, in the official sequential formula: the one place that needs W_v X itself.

#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "gates.h"
#include "sums.h"

namespace {

typedef float Vector __attribute__((vector_size(64), aligned(4), may_alias));
constexpr int64_t LANES = 16;
#ifdef __AVX512F__
constexpr int ROWS = 8;  // that fill the registers of sums, and keep both units busy
#else
constexpr int ROWS = 4;
#endif

// out (rows, positions) = matrix (rows, channels) x; out in rows of `positions`
template <int R>
void some_rows(const float* matrix, const Tile& t, float* out) {
    int64_t p = 0;
    for (; p + LANES <= t.positions; p += LANES) {
        Vector sums[R] = {};
        for (int64_t c = 0; c < t.channels; ++c) {
            const Vector x = *reinterpret_cast<const Vector*>(t.x + c * t.stride + p);
            for (int r = 0; r < R; ++r)
                sums[r] += matrix[r * t.channels + c] * x;
        }
        for (int r = 0; r < R; ++r)
            *reinterpret_cast<Vector*>(out + r * t.positions + p) = sums[r];
    }
    for (int r = 0; r < R; ++r)
        for (int64_t q = p; q < t.positions; ++q) {
            float sum = 0;
            for (int64_t c = 0; c < t.channels; ++c)
                sum += matrix[r * t.channels + c] * t.x[c * t.stride + q];
            out[r * t.positions + q] = sum;
        }
}

void matrix_product(const float* matrix, int64_t rows, const Tile& t, float* out) {
    int64_t r = 0;
    for (; r + ROWS <= rows; r += ROWS)
        some_rows<ROWS>(matrix + r * t.channels, t, out + r * t.positions);
    for (; r < rows; ++r)
        some_rows<1>(matrix + r * t.channels, t, out + r * t.positions);
}

// logits (n, H*W) = s^T softmax(W_v Z) with Z = scale * X, or X without a scale. The softmax of every row is over all
// positions; a bias would cancel in it.
template <class T>
void softmax_on_value(const Map<T>& map, const Weights& w, const Form& form, const float* query, const float* scale,
                      float* logits, int most) {
    const int64_t n = map.images, c = map.channels, width = form.width, tiles = map.tiles(), length = map.length();
    const int threads = map.threads(most);
    std::unique_ptr<float[]> values(
        new float[n * width * map.positions]);                         // exp(W_v Z - largest of the row in the tile)
    std::unique_ptr<float[]> parts(new float[2 * n * tiles * width]);  // that largest; the sum of the row in the tile
    std::unique_ptr<float[]> scaled(new float[scale ? n * width * c : 0]);
    for (int64_t i = 0; scale && i < n; ++i)
        for (int64_t j = 0; j < width; ++j)
            for (int64_t k = 0; k < c; ++k)
                scaled[(i * width + j) * c + k] = w.value[j * c + k] * scale[i * c + k];
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        std::unique_ptr<float[]> own(new float[map.scratch() + (map.by_position ? length * c : 0)]);
#pragma omp for schedule(static)
        for (int64_t i = 0; i < n * tiles; ++i) {
            const int64_t image = i / tiles, first = i % tiles * length;
            Tile tile = map.tile(image, i % tiles, own.get());
            if (map.by_position) {
                float* const turned = own.get() + map.scratch();
                for (int64_t p = 0; p < tile.positions; ++p)
                    for (int64_t k = 0; k < c; ++k)
                        turned[k * tile.positions + p] = tile.x[p * tile.stride + k];
                tile = {turned, tile.positions, c, tile.positions};
            }
            float* const to = values.get() + (image * map.positions + first) * width;
            matrix_product(scale ? scaled.get() + image * width * c : w.value, width, tile, to);
            for (int64_t j = 0; j < width; ++j) {
                float* const row = to + j * tile.positions;
                const float largest = largest_of(row, tile.positions);
                float total = 0;
#pragma omp simd reduction(+ : total)
                for (int64_t p = 0; p < tile.positions; ++p) {
                    row[p] = exponential(row[p] - largest);
                    total += row[p];
                }
                parts[2 * (i * width + j)] = largest, parts[2 * (i * width + j) + 1] = total;
            }
        }
    }
    for (int64_t image = 0; image < n; ++image)
        for (int64_t j = 0; j < width; ++j) {  // parts become the factor of the row in the tile
            float* const own = parts.get() + 2 * (image * tiles * width + j);
            float largest = own[0], total = 0;
            for (int64_t k = 0; k < tiles; ++k)
                largest = std::max(largest, own[2 * k * width]);
            for (int64_t k = 0; k < tiles; ++k) {
                own[2 * k * width] = exponential(own[2 * k * width] - largest);
                total += own[2 * k * width] * own[2 * k * width + 1];
            }
            for (int64_t k = 0; k < tiles; ++k)
                own[2 * k * width] *= query[image * width + j] / total;
        }
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (int64_t i = 0; i < n * tiles; ++i) {
        const int64_t image = i / tiles, first = i % tiles * length, count = std::min(length, map.positions - first);
        std::unique_ptr<float[]> factors(new float[width]);
        for (int64_t j = 0; j < width; ++j)
            factors[j] = parts[2 * (i * width + j)];
        const int64_t at = image * map.positions + first;
        over_channels_by_channel({values.get() + at * width, count, width, count}, factors.get(), logits + at);
    }
}

}  // namespace
