// Numbers: bfloat16, exp, softmax, sigmoid, LayerNorm, small products. All in float32.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace {

struct bfloat16 {
    uint16_t bits;
};

inline float widened(float value) {
    return value;
}

inline float widened(bfloat16 value) {
    const uint32_t bits = uint32_t(value.bits) << 16;
    float wide;
    std::memcpy(&wide, &bits, sizeof wide);
    return wide;
}

inline void narrowed(float value, float& to) {
    to = value;
}

inline void narrowed(float value, bfloat16& to) {  // to the nearest, ties to even
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    to.bits = uint16_t(value != value ? 0x7fc0 : rounded);
}

// e^x to 2 units in the last place, without a branch, so that the compiler can take many at once.
inline float exponential(float x) {
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;      // NaN stays
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
    for (int64_t i = 1; i < count; ++i)
        largest = values[i] > largest ? values[i] : largest;
    return largest;
}

// values[i] = exp(values[i] - largest) / total
void softmax_of(float* values, int64_t count, float largest, float total) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i)
        values[i] = exponential(values[i] - largest) / total;
}

void softmax_of(float* values, int64_t count) {
    const float largest = largest_of(values, count);
    float total = 0;
#pragma omp simd reduction(+ : total)
    for (int64_t i = 0; i < count; ++i)
        total += exponential(values[i] - largest);
    softmax_of(values, count, largest, total);
}

void sigmoid_of(const float* logits, float* gate, int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i)
        gate[i] = 1.0f / (1.0f + exponential(-logits[i]));
}

float dot(const float* a, const float* b, int64_t count) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < count; ++i)
        sum += a[i] * b[i];
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

// to (n, rows) = from (n, columns) matrix^T + bias. Rows of the matrix outside, so that it is read once.
void linear(const float* from, const float* matrix, const float* bias, int64_t n, int64_t rows, int64_t columns,
            float* to) {
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t i = 0; i < n; ++i)
            to[i * rows + r] = dot(from + i * columns, matrix + r * columns, columns) + (bias ? bias[r] : 0.0f);
}

void layer_norm(float* values, const float* weight, const float* bias, int64_t count, float epsilon) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; ++i)
        sum += values[i];
    const double mean = sum / double(count);
    for (int64_t i = 0; i < count; ++i)
        squares += (values[i] - mean) * (values[i] - mean);
    const float scale = float(1 / std::sqrt(squares / double(count) + epsilon)), shift = float(mean);
    for (int64_t i = 0; i < count; ++i)
        values[i] = (values[i] - shift) * scale * (weight ? weight[i] : 1.0f) + (bias ? bias[i] : 0.0f);
}

}  // namespace
