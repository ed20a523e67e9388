#include "CLoad.h"

enum { SUB_BITS = 7 };

/// Values below 128 have buckets of their own; above, each power of two is divided into 128.
static unsigned bucket_of(uint64_t value) {
    if (value < 1U << SUB_BITS) {
        return (unsigned)value;
    }
    unsigned exponent = 63U - (unsigned)__builtin_clzll(value) - SUB_BITS;
    unsigned bucket = ((exponent + 1) << SUB_BITS) + (unsigned)((value >> exponent) - (1U << SUB_BITS));
    return bucket < CL_HISTOGRAM_BUCKETS ? bucket : CL_HISTOGRAM_BUCKETS - 1;
}

/// The largest value that a bucket stands for.
static uint64_t top_of(unsigned bucket) {
    if (bucket < 1U << SUB_BITS) {
        return bucket;
    }
    unsigned exponent = (bucket >> SUB_BITS) - 1;
    uint64_t mantissa = (bucket & ((1U << SUB_BITS) - 1)) + (1U << SUB_BITS);
    return ((mantissa + 1) << exponent) - 1;
}

void cl_histogram_record(cl_histogram *histogram, uint64_t value) {
    histogram->count++;
    histogram->buckets[bucket_of(value)]++;
    if (value > histogram->max) {
        histogram->max = value;
    }
}

void cl_histogram_add(cl_histogram *histogram, const cl_histogram *other) {
    histogram->count += other->count;
    if (other->max > histogram->max) {
        histogram->max = other->max;
    }
    for (unsigned i = 0; i < CL_HISTOGRAM_BUCKETS; i++) {
        histogram->buckets[i] += other->buckets[i];
    }
}

uint64_t cl_histogram_percentile(const cl_histogram *histogram, uint32_t per_mille_10) {
    // Rounded up: the rank of the value that is asked for, from 1.
    uint64_t rank = (histogram->count * per_mille_10 + 9999) / 10000, seen = 0;
    for (unsigned i = 0; i < CL_HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen >= rank && seen > 0) {
            uint64_t top = top_of(i);
            return top < histogram->max ? top : histogram->max;
        }
    }
    return histogram->max;
}
