// The passes over the features. Every tile leaves a softmax of its own, and they are put together in order: results do
// not depend on the number of threads.

#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "sums.h"

namespace {

template <class T>
void logits_of(const Tile& tile, const Map<T>& map, const float* direction, float bias, float* to) {
    (map.by_position ? over_channels_by_position : over_channels_by_channel)(tile, direction, to);
    for (int64_t p = 0; p < tile.positions; ++p)
        to[p] += bias;
}

// pooled = X softmax(W_q X), or X given; mean = GAP(X); the softmax itself, if there is a place for it and none is
// given
template <class T>
void collapse(const Map<T>& map, const float* query, const float* given, float* pooled, float* mean, float* softmax,
              int most) {
    const int64_t c = map.channels, tiles = map.tiles(), length = map.length();
    const int64_t part = 2 * c + 2;  // weighted sums, plain sums, largest score, sum of exp(score - largest)
    std::unique_ptr<float[]> parts(new float[map.images * tiles * part]);
    const int threads = map.threads(most);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        std::unique_ptr<float[]> own(new float[map.scratch() + 2 * length]);
        float *wide = own.get(), *score = wide + map.scratch(), *weight = score + length;
#pragma omp for schedule(static)
        for (int64_t i = 0; i < map.images * tiles; ++i) {
            const int64_t image = i / tiles, index = i % tiles;
            const Tile tile = map.tile(image, index, wide);
            float* to = parts.get() + i * part;
            const auto over_positions = map.by_position ? over_positions_by_position : over_positions_by_channel;
            const int64_t at = image * map.positions + index * length;
            if (given) {
                over_positions(tile, given + at, to, to + c);
                to[2 * c] = 0, to[2 * c + 1] = 0;
                continue;
            }
            logits_of(tile, map, query, 0.0f, score);
            const float largest = largest_of(score, tile.positions);
            float total = 0;
#pragma omp simd reduction(+ : total)
            for (int64_t p = 0; p < tile.positions; ++p) {
                weight[p] = exponential(score[p] - largest);
                total += weight[p];
            }
            over_positions(tile, weight, to, to + c);
            to[2 * c] = largest, to[2 * c + 1] = total;
            if (softmax) std::copy(score, score + tile.positions, softmax + at);
        }
    }
    for (int64_t image = 0; image < map.images; ++image) {
        const float* first = parts.get() + image * tiles * part;
        float largest = first[2 * c];
        for (int64_t k = 1; k < tiles; ++k)
            largest = std::max(largest, first[k * part + 2 * c]);
        float *weighted = pooled + image * c, *plain = mean + image * c, total = 0;
        std::fill(weighted, weighted + c, 0.0f);
        std::fill(plain, plain + c, 0.0f);
        for (int64_t k = 0; k < tiles; ++k) {
            const float* from = first + k * part;
            const float correction = exponential(from[2 * c] - largest);
            total += correction * from[2 * c + 1];
#pragma omp simd
            for (int64_t j = 0; j < c; ++j) {
                weighted[j] += correction * from[j];
                plain[j] += from[c + j];
            }
        }
        if (given) total = 1;
        for (int64_t j = 0; j < c; ++j) {
            weighted[j] /= total;
            plain[j] /= float(map.positions);
        }
        if (softmax && !given) softmax_of(softmax + image * map.positions, map.positions, largest, total);
    }
}

template <class T>
void times_gates(const float* x, float of_row, const float* of_column, int64_t count, bool parallel, T* y) {
    if (parallel)
#pragma omp simd
        for (int64_t k = 0; k < count; ++k)
            narrowed(x[k] * (of_row + of_column[k]), y[k]);
    else
#pragma omp simd
        for (int64_t k = 0; k < count; ++k)
            narrowed(x[k] * (of_row * of_column[k]), y[k]);
}

// logits (N, H*W) = sum over c of direction[c] x[c, p], plus the bias if there is one
template <class T>
void over_channels(const Map<T>& map, const float* direction, const float* bias, float* logits, int most) {
    const int64_t tiles = map.tiles(), length = map.length();
    const int threads = map.threads(most);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        std::unique_ptr<float[]> wide(new float[map.scratch()]);
#pragma omp for schedule(static)
        for (int64_t i = 0; i < map.images * tiles; ++i) {
            const int64_t image = i / tiles, index = i % tiles;
            const Tile tile = map.tile(image, index, wide.get());
            logits_of(tile, map, direction + image * map.channels, bias ? bias[image] : 0.0f,
                      logits + image * map.positions + index * length);
        }
    }
}

// y = x times both gates. The spatial one is made from the logits' direction on the way, unless it is known.
template <class T>
void expand(const Map<T>& map, const float* channel, const float* direction, const float* bias, const float* known,
            bool parallel, float* logits, float* spatial, T* y, int most) {
    const int64_t c = map.channels, tiles = map.tiles(), length = map.length();
    const int threads = map.threads(most);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        std::unique_ptr<float[]> own(new float[map.scratch() + 2 * length]);
        float* const wide = own.get();
#pragma omp for schedule(static)
        for (int64_t i = 0; i < map.images * tiles; ++i) {
            const int64_t image = i / tiles, first = i % tiles * length, at = image * map.positions + first;
            const Tile tile = map.tile(image, i % tiles, wide);
            float* const logit = logits ? logits + at : wide + map.scratch();
            float* const made = spatial ? spatial + at : wide + map.scratch() + length;
            const float* const gate = known ? known + at : made;
            if (!known) {
                logits_of(tile, map, direction + image * c, bias ? bias[image] : 0.0f, logit);
                sigmoid_of(logit, made, tile.positions);
            }
            const float* const a = channel + image * c;
            const int64_t rows = map.by_position ? tile.positions : c, columns = map.by_position ? c : tile.positions;
            const float *const of_row = map.by_position ? gate : a, *const of_column = map.by_position ? a : gate;
            T* const to = y + map.start(image, first);
            for (int64_t r = 0; r < rows; ++r)
                times_gates(tile.x + r * tile.stride, of_row[r], of_column, columns, parallel, to + r * map.stride());
        }
    }
}

}  // namespace
