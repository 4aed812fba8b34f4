// The block on the CPU in two reads of the features and one write; built by native.py, called by compiled.py.
//
//   pass one: softmax-weighted sum and mean of x
//   between:  what both gates need, on (N, C) numbers
//   pass two: spatial logits, spatial gate and output; in the official formulas, whose softmax over positions has to end
//             before the first gate, two passes, and in the sequential one a matrix product for W_v X
//
// A tile is some positions of all channels, small enough to stay in the cache while it is used twice. Every tile leaves
// its own softmax, and they are put together in order: results do not depend on the number of threads.
// Arithmetic is in float32; features in bfloat16 are widened tile by tile.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>

namespace {

constexpr int64_t TILE = 32768;  // values
constexpr int64_t FEWEST = 64;   // positions in a tile, so that rows are not short
constexpr int64_t PAGE = 1024;   // values
constexpr int64_t WORTH_A_THREAD = 49152;  // values; with fewer, waking another thread takes longer than the work

struct bfloat16 {
    uint16_t bits;
};

inline float widened(float value) { return value; }

inline float widened(bfloat16 value) {
    const uint32_t bits = uint32_t(value.bits) << 16;
    float wide;
    std::memcpy(&wide, &bits, sizeof wide);
    return wide;
}

inline void narrowed(float value, float& to) { to = value; }

inline void narrowed(float value, bfloat16& to) {  // to the nearest, ties to even
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    to.bits = uint16_t(value != value ? 0x7fc0 : rounded);
}

// e^x to 2 units in the last place, without a branch, so that the compiler can take many at once.
inline float exponential(float x) {
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;  // NaN stays
    const float shifted = x * 1.44269504f + 12582912.0f;  // 1.5 * 2^23: what is behind the point is rounded away
    const float n = shifted - 12582912.0f;
    const float r = (x - n * 0.693145752f) - n * 1.42860677e-6f;
    float sum = 1.0f / 5040;
    sum = sum * r + 1.0f / 720;
    sum = sum * r + 1.0f / 120;
    sum = sum * r + 1.0f / 24;
    sum = sum * r + 1.0f / 6;
    sum = sum * r + 0.5f;
    sum = sum * r + 1.0f;
    sum = sum * r + 1.0f;
    uint32_t bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23;  // 2^n: the low bits of `shifted` are n
    float power;
    std::memcpy(&power, &bits, sizeof power);
    return sum * power;
}

float largest_of(const float* values, int64_t count) {
    float largest = values[0];
#pragma omp simd reduction(max : largest)
    for (int64_t i = 1; i < count; ++i) largest = values[i] > largest ? values[i] : largest;
    return largest;
}

// values[i] = exp(values[i] - largest) / total
void softmax_of(float* values, int64_t count, float largest, float total) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) values[i] = exponential(values[i] - largest) / total;
}

void softmax_of(float* values, int64_t count) {
    const float largest = largest_of(values, count);
    float total = 0;
#pragma omp simd reduction(+ : total)
    for (int64_t i = 0; i < count; ++i) total += exponential(values[i] - largest);
    softmax_of(values, count, largest, total);
}

void sigmoid_of(const float* logits, float* gate, int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) gate[i] = 1.0f / (1.0f + exponential(-logits[i]));
}

float dot(const float* a, const float* b, int64_t count) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
    return sum;
}

// out[r] = dot(a, row r) of four rows at once, which a processor does in little more time than one
void dots(const float* __restrict a, const float* __restrict rows, int64_t stride, int64_t count,
          float* __restrict out) {
    const float *b = rows, *d = b + stride, *e = d + stride, *f = e + stride;
    float of_b = 0, of_d = 0, of_e = 0, of_f = 0;
#pragma omp simd reduction(+ : of_b, of_d, of_e, of_f)
    for (int64_t i = 0; i < count; ++i) {
        of_b += a[i] * b[i];
        of_d += a[i] * d[i];
        of_e += a[i] * e[i];
        of_f += a[i] * f[i];
    }
    out[0] = of_b, out[1] = of_d, out[2] = of_e, out[3] = of_f;
}

// Features of one tile in float32. Rows are what lies in one piece: channels of a contiguous map, positions of a
// channels_last one.
struct Tile {
    const float* x;
    int64_t stride;  // from row to row
    int64_t channels, positions;
};

// out[p] = sum over c of weights[c] x[c, p]
void over_channels_by_channel(const Tile& t, const float* __restrict weights, float* __restrict out) {
    std::fill(out, out + t.positions, 0.0f);
    int64_t c = 0;
    for (; c + 4 <= t.channels; c += 4) {
        const float *a = t.x + c * t.stride, *b = a + t.stride, *d = b + t.stride, *e = d + t.stride;
        const float wa = weights[c], wb = weights[c + 1], wd = weights[c + 2], we = weights[c + 3];
#pragma omp simd
        for (int64_t p = 0; p < t.positions; ++p) out[p] += (wa * a[p] + wb * b[p]) + (wd * d[p] + we * e[p]);
    }
    for (; c < t.channels; ++c) {
        const float *a = t.x + c * t.stride, w = weights[c];
#pragma omp simd
        for (int64_t p = 0; p < t.positions; ++p) out[p] += w * a[p];
    }
}

void over_channels_by_position(const Tile& t, const float* __restrict weights, float* __restrict out) {
    int64_t p = 0;
    for (; p + 4 <= t.positions; p += 4) dots(weights, t.x + p * t.stride, t.stride, t.channels, out + p);
    for (; p < t.positions; ++p) out[p] = dot(weights, t.x + p * t.stride, t.channels);
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
            for (int64_t k = 0; k < columns; ++k) wide[r * width() + k] = widened(from[r * stride() + k]);
        return {wide, width(), channels, count};
    }
};

template <class T>
void logits_of(const Tile& tile, const Map<T>& map, const float* direction, float bias, float* to) {
    (map.by_position ? over_channels_by_position : over_channels_by_channel)(tile, direction, to);
    for (int64_t p = 0; p < tile.positions; ++p) to[p] += bias;
}

// pooled = X softmax(W_q X), or X given; mean = GAP(X); the softmax itself, if there is a place for it and none is given
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
        for (int64_t k = 1; k < tiles; ++k) largest = std::max(largest, first[k * part + 2 * c]);
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
        for (int64_t k = 0; k < count; ++k) narrowed(x[k] * (of_row + of_column[k]), y[k]);
    else
#pragma omp simd
        for (int64_t k = 0; k < count; ++k) narrowed(x[k] * (of_row * of_column[k]), y[k]);
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

// What torch holds in memory, biases null where there are none.
struct Weights {
    const float* position_query;                    // W_q of the channel branch (C,); its bias cancels
    const float *collapsed, *collapsed_bias;        // W_v of the channel branch (inner, C), (inner,)
    const float *narrow, *narrow_bias;              // of the bottleneck (narrow, inner), (narrow,); or null
    const float *norm, *norm_bias;                  // of the LayerNorm over C or the bottleneck; or null
    const float *project, *project_bias;            // W_z (C, inner or narrow), (C,)
    const float *pooled_query, *pooled_query_bias;  // W_q of the spatial branch (width, C), (width,)
    const float *value, *value_bias;                // W_v of the spatial branch (width, C), (width,)
};

enum Softmax : int64_t { ON_QUERY, ON_PRODUCT, ON_VALUE };

struct Form {
    int64_t inner, narrow, width;  // of the channel branch, its bottleneck (0: none), and the spatial branch
    Softmax softmax;               // of the spatial branch
    bool with_norm;                // whether the channel branch has a LayerNorm
    bool parallel;
    float epsilon;
};

// What the taps of the block are shown, or what takes its place.
template <class Value>
struct Taps {
    Value *position_weights, *channel_logits, *channel, *pooled_query, *spatial_logits, *spatial;
};
using Seen = Taps<float>;         // null where nobody looks
using Given = Taps<const float>;  // null where nothing is given

// to (n, rows) = from (n, columns) matrix^T + bias. Rows of the matrix outside, so that it is read once.
void linear(const float* from, const float* matrix, const float* bias, int64_t n, int64_t rows, int64_t columns, float* to) {
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t i = 0; i < n; ++i)
            to[i * rows + r] = dot(from + i * columns, matrix + r * columns, columns) + (bias ? bias[r] : 0.0f);
}

void layer_norm(float* values, const float* weight, const float* bias, int64_t count, float epsilon) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; ++i) sum += values[i];
    const double mean = sum / double(count);
    for (int64_t i = 0; i < count; ++i) squares += (values[i] - mean) * (values[i] - mean);
    const float scale = float(1 / std::sqrt(squares / double(count) + epsilon)), shift = float(mean);
    for (int64_t i = 0; i < count; ++i)
        values[i] = (values[i] - shift) * scale * (weight ? weight[i] : 1.0f) + (bias ? bias[i] : 0.0f);
}

void replace(const float* given, int64_t count, float* values) {
    if (given) std::copy(given, given + count, values);
}

// (n, C) logits and gate from X a. Equation 1; W_v X a = W_v (X a).
void channel_gate(const Weights& w, const Form& form, const Given& given, const float* pooled, int64_t n, int64_t c,
                  float* inner, float* logits, float* gate) {
    linear(pooled, w.collapsed, w.collapsed_bias, n, form.inner, c, inner);
    if (form.narrow) {
        float* const narrow = inner + n * form.inner;
        linear(inner, w.narrow, w.narrow_bias, n, form.narrow, form.inner, narrow);
        for (int64_t i = 0; i < n; ++i) layer_norm(narrow + i * form.narrow, w.norm, w.norm_bias, form.narrow, form.epsilon);
        for (int64_t i = 0; i < n * form.narrow; ++i) narrow[i] = narrow[i] < 0 ? 0 : narrow[i];  // NaN stays
        linear(narrow, w.project, w.project_bias, n, c, form.narrow, logits);
    } else {
        linear(inner, w.project, w.project_bias, n, c, form.inner, logits);
        if (form.with_norm)
            for (int64_t i = 0; i < n; ++i) layer_norm(logits + i * c, w.norm, w.norm_bias, c, form.epsilon);
    }
    replace(given.channel_logits, n * c, logits);
    sigmoid_of(logits, gate, n * c);
    replace(given.channel, n * c, gate);
}

// (n, width) s from GAP(X), that of scale * X if there is a scale. Equation 2.
void pooled_query(const Weights& w, const Form& form, const Given& given, float* mean, const float* scale, int64_t n,
                  int64_t c, float* query) {
    if (scale)
        for (int64_t i = 0; i < n * c; ++i) mean[i] *= scale[i];
    linear(mean, w.pooled_query, w.pooled_query_bias, n, form.width, c, query);
    if (form.softmax == ON_QUERY)
        for (int64_t i = 0; i < n; ++i) softmax_of(query + i * form.width, form.width);
    replace(given.pooled_query, n * form.width, query);
}

// (n, C) W_v^T s and (n,) s^T b; with a scale, what is to be multiplied with X to give that of scale * X.
void spatial_direction(const Weights& w, const Form& form, const float* query, const float* scale, int64_t n, int64_t c,
                       float* direction, float* bias) {
    for (int64_t i = 0; i < n; ++i) {
        const float* const s = query + i * form.width;
        float* const d = direction + i * c;
        std::fill(d, d + c, 0.0f);
        for (int64_t j = 0; j < form.width; ++j)
#pragma omp simd
            for (int64_t k = 0; k < c; ++k) d[k] += s[j] * w.value[j * c + k];
        if (scale)
            for (int64_t k = 0; k < c; ++k) d[k] *= scale[i * c + k];
        if (w.value_bias) bias[i] = dot(s, w.value_bias, form.width);
    }
}

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
            for (int r = 0; r < R; ++r) sums[r] += matrix[r * t.channels + c] * x;
        }
        for (int r = 0; r < R; ++r) *reinterpret_cast<Vector*>(out + r * t.positions + p) = sums[r];
    }
    for (int r = 0; r < R; ++r)
        for (int64_t q = p; q < t.positions; ++q) {
            float sum = 0;
            for (int64_t c = 0; c < t.channels; ++c) sum += matrix[r * t.channels + c] * t.x[c * t.stride + q];
            out[r * t.positions + q] = sum;
        }
}

void matrix_product(const float* matrix, int64_t rows, const Tile& t, float* out) {
    int64_t r = 0;
    for (; r + ROWS <= rows; r += ROWS) some_rows<ROWS>(matrix + r * t.channels, t, out + r * t.positions);
    for (; r < rows; ++r) some_rows<1>(matrix + r * t.channels, t, out + r * t.positions);
}

// logits (n, H*W) = s^T softmax(W_v Z) with Z = scale * X, or X without a scale. The softmax of every row is over all
// positions; a bias would cancel in it.
template <class T>
void softmax_on_value(const Map<T>& map, const Weights& w, const Form& form, const float* query, const float* scale,
                      float* logits, int most) {
    const int64_t n = map.images, c = map.channels, width = form.width, tiles = map.tiles(), length = map.length();
    const int threads = map.threads(most);
    std::unique_ptr<float[]> values(new float[n * width * map.positions]);  // exp(W_v Z - largest of the row in the tile)
    std::unique_ptr<float[]> parts(new float[2 * n * tiles * width]);       // that largest; the sum of the row in the tile
    std::unique_ptr<float[]> scaled(new float[scale ? n * width * c : 0]);
    for (int64_t i = 0; scale && i < n; ++i)
        for (int64_t j = 0; j < width; ++j)
            for (int64_t k = 0; k < c; ++k) scaled[(i * width + j) * c + k] = w.value[j * c + k] * scale[i * c + k];
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
                    for (int64_t k = 0; k < c; ++k) turned[k * tile.positions + p] = tile.x[p * tile.stride + k];
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
            for (int64_t k = 0; k < tiles; ++k) largest = std::max(largest, own[2 * k * width]);
            for (int64_t k = 0; k < tiles; ++k) {
                own[2 * k * width] = exponential(own[2 * k * width] - largest);
                total += own[2 * k * width] * own[2 * k * width + 1];
            }
            for (int64_t k = 0; k < tiles; ++k) own[2 * k * width] *= query[image * width + j] / total;
        }
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (int64_t i = 0; i < n * tiles; ++i) {
        const int64_t image = i / tiles, first = i % tiles * length, count = std::min(length, map.positions - first);
        std::unique_ptr<float[]> factors(new float[width]);
        for (int64_t j = 0; j < width; ++j) factors[j] = parts[2 * (i * width + j)];
        const int64_t at = image * map.positions + first;
        over_channels_by_channel({values.get() + at * width, count, width, count}, factors.get(), logits + at);
    }
}

template <class T>
void block(const Map<T>& map, const Weights& w, const Form& form, const Given& given, const Seen& seen, T* y,
           int threads) {
    const int64_t n = map.images, c = map.channels, p = map.positions;
    // Whether the spatial gate has to be known before the output is begun: its softmax is over all positions, or it, or
    // what it is made of, is given.
    const bool gate_first = form.softmax != ON_QUERY || given.spatial_logits || given.spatial;
    const int64_t sizes = 5 * c + form.inner + form.narrow + form.width + 1 + (gate_first ? 2 * p : 0);
    std::unique_ptr<float[]> own(new float[n * sizes]);
    float *pooled = own.get(), *mean = pooled + n * c, *logits = mean + n * c, *channel = logits + n * c,
          *direction = channel + n * c, *inner = direction + n * c, *query = inner + n * (form.inner + form.narrow),
          *bias = query + n * form.width, *product = bias + n, *gate = product + n * p;
    if (seen.channel_logits) logits = seen.channel_logits;
    if (seen.channel) channel = seen.channel;
    if (seen.pooled_query) query = seen.pooled_query;
    collapse(map, w.position_query, given.position_weights, pooled, mean, seen.position_weights, threads);
    channel_gate(w, form, given, pooled, n, c, inner, logits, channel);
    const float* const scale = form.parallel ? nullptr : channel;
    pooled_query(w, form, given, mean, scale, n, c, query);
    const float* const added = w.value_bias ? bias : nullptr;
    if (form.softmax != ON_VALUE) spatial_direction(w, form, query, scale, n, c, direction, bias);
    if (!gate_first) {
        expand(map, channel, direction, added, nullptr, form.parallel, seen.spatial_logits, seen.spatial, y, threads);
        return;
    }
    if (seen.spatial_logits) product = seen.spatial_logits;
    if (seen.spatial) gate = seen.spatial;
    if (given.spatial_logits) {
        replace(given.spatial_logits, n * p, product);
    } else if (form.softmax == ON_VALUE) {
        softmax_on_value(map, w, form, query, scale, product, threads);
    } else {
        over_channels(map, direction, added, product, threads);
        if (form.softmax == ON_PRODUCT)
            for (int64_t i = 0; i < n; ++i) softmax_of(product + i * p, p);
    }
    sigmoid_of(product, gate, n * p);
    replace(given.spatial, n * p, gate);
    expand(map, channel, nullptr, nullptr, gate, form.parallel, nullptr, nullptr, y, threads);
}

}  // namespace

// x is (N, C, H*W), or (N, H*W, C) if by_position; y is as x.
#define BLOCK(NAME, TYPE)                                                                                          \
    extern "C" void NAME(const void* x, int64_t n, int64_t c, int64_t p, int by_position, const Weights* weights,  \
                         const Form* form, const Given* given, const Seen* seen, void* y, int threads) {           \
        block(Map<TYPE>{static_cast<const TYPE*>(x), n, c, p, by_position != 0}, *weights, *form, *given, *seen,   \
              static_cast<TYPE*>(y), threads);                                                                     \
    }

BLOCK(psa_block_float32, float)
BLOCK(psa_block_bfloat16, bfloat16)
