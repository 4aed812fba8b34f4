// What both gates need, on (N, C) numbers; and what the block is told about itself, as in weights.py.

#pragma once

#include <algorithm>
#include <cstdint>

#include "arithmetic.h"

namespace {

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
        for (int64_t i = 0; i < n; ++i)
            layer_norm(narrow + i * form.narrow, w.norm, w.norm_bias, form.narrow, form.epsilon);
        for (int64_t i = 0; i < n * form.narrow; ++i)
            narrow[i] = narrow[i] < 0 ? 0 : narrow[i];  // NaN stays
        linear(narrow, w.project, w.project_bias, n, c, form.narrow, logits);
    } else {
        linear(inner, w.project, w.project_bias, n, c, form.inner, logits);
        if (form.with_norm)
            for (int64_t i = 0; i < n; ++i)
                layer_norm(logits + i * c, w.norm, w.norm_bias, c, form.epsilon);
    }
    replace(given.channel_logits, n * c, logits);
    sigmoid_of(logits, gate, n * c);
    replace(given.channel, n * c, gate);
}

// (n, width) s from GAP(X), that of scale * X if there is a scale. Equation 2.
void pooled_query(const Weights& w, const Form& form, const Given& given, float* mean, const float* scale, int64_t n,
                  int64_t c, float* query) {
    if (scale)
        for (int64_t i = 0; i < n * c; ++i)
            mean[i] *= scale[i];
    linear(mean, w.pooled_query, w.pooled_query_bias, n, form.width, c, query);
    if (form.softmax == ON_QUERY)
        for (int64_t i = 0; i < n; ++i)
            softmax_of(query + i * form.width, form.width);
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
            for (int64_t k = 0; k < c; ++k)
                d[k] += s[j] * w.value[j * c + k];
        if (scale)
            for (int64_t k = 0; k < c; ++k)
                d[k] *= scale[i * c + k];
        if (w.value_bias) bias[i] = dot(s, w.value_bias, form.width);
    }
}

}  // namespace
