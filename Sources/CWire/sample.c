#include "CWire.h"

// Protocol Buffers, "Encoding": a field is a tag, (number << 3) | wire type, and a value whose length its type tells.
// https://protobuf.dev/programming-guides/encoding/

typedef struct reader {
    const uint8_t *at;
    const uint8_t *end;
} reader;

enum wire_type { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

enum {
    AGENT_STREAM_DATA = 4,
    DATA_STREAM_REF = 1,
    DATA_GENERATION = 2,
    DATA_SEQ = 3,
    DATA_AT = 4,
    DATA_ORIGIN = 6,
    DATA_METRICS = 10,
    METRICS_FIRST_PART = 2, ///< cpu; then memory, disks, network_interfaces, processes
    METRICS_LAST_PART = 7,  ///< load
};

static bool read_varint(reader *r, uint64_t *value) {
    *value = 0;
    for (unsigned shift = 0; shift < 64 && r->at < r->end; shift += 7) {
        const uint8_t byte = *r->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

/// What follows is so long; `part` is it.
static bool read_part(reader *r, reader *part) {
    uint64_t length;
    if (!read_varint(r, &length) || length > (uint64_t)(r->end - r->at))
        return false;
    *part = (reader){r->at, r->at + length};
    r->at += length;
    return true;
}

static bool skip(reader *r, unsigned type) {
    uint64_t ignored;
    reader part;
    switch (type) {
    case VARINT:
        return read_varint(r, &ignored);
    case LENGTH:
        return read_part(r, &part);
    case FIXED64:
    case FIXED32: {
        const ptrdiff_t size = type == FIXED64 ? 8 : 4;
        if (r->end - r->at < size)
            return false;
        r->at += size;
        return true;
    }
    default:
        return false;
    }
}

/// Which parts the sample has.
static bool look_at_metrics(reader r, bool *has_all_parts) {
    const unsigned all = (1U << (METRICS_LAST_PART + 1)) - (1U << METRICS_FIRST_PART);
    unsigned seen = 0;
    while (r.at < r.end) {
        uint64_t tag;
        if (!read_varint(&r, &tag))
            return false;
        const uint64_t field = tag >> 3;
        if (field >= METRICS_FIRST_PART && field <= METRICS_LAST_PART) {
            if ((tag & 7) != LENGTH)
                return false;
            seen |= 1U << field;
        }
        if (!skip(&r, tag & 7))
            return false;
    }
    *has_all_parts = seen == all;
    return true;
}

static bool look_at_data(reader r, cw_sample *sample) {
    bool has_metrics = false;
    while (r.at < r.end) {
        uint64_t tag, value;
        if (!read_varint(&r, &tag))
            return false;
        switch (tag) {
        case DATA_STREAM_REF << 3 | VARINT:
        case DATA_GENERATION << 3 | VARINT:
        case DATA_SEQ << 3 | VARINT:
        case DATA_AT << 3 | VARINT:
        case DATA_ORIGIN << 3 | VARINT:
            if (!read_varint(&r, &value))
                return false;
            if (tag >> 3 == DATA_STREAM_REF)
                sample->stream_ref = (uint32_t)value;
            if (tag >> 3 == DATA_AT)
                sample->at_unix_ns = value;
            break;
        case DATA_METRICS << 3 | LENGTH: {
            reader metrics;
            if (has_metrics || !read_part(&r, &metrics) || !look_at_metrics(metrics, &sample->has_all_parts))
                return false;
            has_metrics = true;
            break;
        }
        default:
            return false;
        }
    }
    return has_metrics;
}

bool cw_look_at_sample(const uint8_t *bytes, size_t count, cw_sample *sample) {
    *sample = (cw_sample){0};
    // Most frames are something else, which their first byte tells.
    if (count == 0 || bytes[0] != (AGENT_STREAM_DATA << 3 | LENGTH))
        return false;
    reader r = {bytes + 1, bytes + count}, data;
    return read_part(&r, &data) && r.at == r.end && look_at_data(data, sample);
}
