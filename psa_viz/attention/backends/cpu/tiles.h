// A feature map in tiles. A tile is some positions of all channels, small enough to stay in the cache while it is used
// twice. Features in bfloat16 are widened tile by tile.

#pragma once

#include <algorithm>
#include <cstdint>

#include "arithmetic.h"

namespace {

constexpr int64_t TILE = 32768;            // values
constexpr int64_t FEWEST = 64;             // positions in a tile, so that rows are not short
constexpr int64_t PAGE = 1024;             // values
constexpr int64_t WORTH_A_THREAD = 49152;  // values; with fewer, waking another thread takes longer than the work

// Features of one tile in float32. Rows are what lies in one piece: channels of a contiguous map, positions of a
// channels_last one.
struct Tile {
    const float* x;
    int64_t stride;  // from row to row
    int64_t channels, positions;
};

// A feature map, and how it is cut into tiles.
template <class T>
struct Map {
    const T* x;
    int64_t images, channels, positions;
    bool by_position;

    int64_t length() const { return std::max(FEWEST, TILE / channels / 16 * 16); }
    int64_t tiles() const { return (positions + length() - 1) / length(); }
    int64_t width() const { return by_position ? channels : length(); }  // of a row of a widened tile
    int64_t scratch() const { return in_place() ? 0 : length() * channels; }
    // Not if they have to be widened, nor if rows of channels lie a whole number of pages apart, because those compete
    // for the same few places of the cache.
    bool in_place() const { return sizeof(T) == sizeof(float) && (by_position || positions % PAGE); }
    int threads(int most) const {
        const int64_t worth = images * channels * positions / WORTH_A_THREAD;
        return int(std::max<int64_t>(1, std::min<int64_t>({most, worth, images * tiles()})));
    }
    int64_t start(int64_t image, int64_t first) const {
        return image * channels * positions + (by_position ? first * channels : first);
    }
    int64_t stride() const { return by_position ? channels : positions; }

    Tile tile(int64_t image, int64_t index, float* wide) const {
        const int64_t first = index * length(), count = std::min(length(), positions - first);
        const T* from = x + start(image, first);
        if (in_place()) return {reinterpret_cast<const float*>(from), stride(), channels, count};
        const int64_t rows = by_position ? count : channels, columns = by_position ? channels : count;
        for (int64_t r = 0; r < rows; ++r)
#pragma omp simd
            for (int64_t k = 0; k < columns; ++k)
                wide[r * width() + k] = widened(from[r * stride() + k]);
        return {wide, width(), channels, count};
    }
};

}  // namespace
