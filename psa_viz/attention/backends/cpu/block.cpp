// The block on the CPU in two reads of the features and one write; built by library.py, called by backend.py.
//
//   pass one: softmax-weighted sum and mean of x
//   between:  what both gates need, on (N, C) numbers
//   pass two: spatial logits, spatial gate and output
//
// In the official formulas a softmax over all positions has to end before the first gate: there pass two is two passes,
// and in the sequential one there is a matrix product for W_v X as well.

#include <cstdint>
#include <memory>
#include <new>

#include "gates.h"
#include "passes.h"
#include "value.h"

namespace {

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
            for (int64_t i = 0; i < n; ++i)
                softmax_of(product + i * p, p);
    }
    sigmoid_of(product, gate, n * p);
    replace(given.spatial, n * p, gate);
    expand(map, channel, nullptr, nullptr, gate, form.parallel, nullptr, nullptr, y, threads);
}

}  // namespace

// x is (N, C, H*W), or (N, H*W, C) if by_position; y is as x. Returns 1 if there is no memory for what lies between.
#define BLOCK(NAME, TYPE)                                                                                            \
    extern "C" int NAME(const void* x, int64_t n, int64_t c, int64_t p, int by_position, const Weights* weights,     \
                        const Form* form, const Given* given, const Seen* seen, void* y, int threads) {              \
        try {                                                                                                        \
            block(Map<TYPE>{static_cast<const TYPE*>(x), n, c, p, by_position != 0}, *weights, *form, *given, *seen, \
                  static_cast<TYPE*>(y), threads);                                                                   \
        } catch (const std::bad_alloc&) {                                                                            \
            return 1;                                                                                                \
        }                                                                                                            \
        return 0;                                                                                                    \
    }

BLOCK(psa_block_float32, float)
BLOCK(psa_block_bfloat16, bfloat16)
