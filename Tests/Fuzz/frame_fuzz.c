// What a peer sends, cut where the input says: the parser must find the same frames as in one piece, and never look
// beyond the bytes it is given.
#include "CReactor.h"

#include <stdlib.h>
#include <string.h>

enum { LIMIT = 4096 };

/// Parses all frames of a range; returns how many bytes they take and why there are no more.
static size_t parse_all(const uint8_t *bytes, size_t count, sr_frame_result *result) {
    size_t done = 0;
    for (;;) {
        sr_frame frame;
        size_t size;
        *result = sr_frame_parse(bytes + done, count - done, LIMIT, &frame, &size);
        if (*result != SR_FRAME_COMPLETE)
            return done;
        if (frame.count > LIMIT || size > count - done || frame.payload + frame.count != bytes + done + size)
            abort();
        done += size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count) {
    if (count == 0)
        return 0;
    size_t cut = data[0];
    data++;
    count--;
    if (cut > count)
        cut = count;
    sr_frame_result whole, part;
    size_t done = parse_all(data, count, &whole);
    // An allocation of its own, so that a read beyond the cut is seen.
    uint8_t *first = malloc(cut + 1);
    memcpy(first, data, cut);
    size_t done_first = parse_all(first, cut, &part);
    free(first);
    if (done_first > done)
        abort();
    // A verdict on the first part is the verdict on the whole.
    if (part != SR_FRAME_PARTIAL && (part != whole || done_first != done))
        abort();
    sr_frame_result rest;
    if (part == SR_FRAME_PARTIAL && (done_first + parse_all(data + done_first, count - done_first, &rest) != done))
        abort();
    return 0;
}
