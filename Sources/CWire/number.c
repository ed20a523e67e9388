// Numbers in decimal. Written here because a sample has some sixty of them and snprintf takes ten times as long.
#include <math.h>
#include <stdio.h>

#include "buffer.h"

static const char two_digits[] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";

static unsigned digit_count(uint64_t value) {
    unsigned count = 1;
    for (; value >= 10000; value /= 10000)
        count += 4;
    return count + (value >= 10) + (value >= 100) + (value >= 1000);
}

void cw_buffer_append_u64(cw_buffer *buffer, uint64_t value) {
    unsigned count = digit_count(value);
    uint8_t *digit = reserve(buffer, count) + count;
    buffer->count += count;
    for (; value >= 100; value /= 100) {
        digit -= 2;
        memcpy(digit, two_digits + value % 100 * 2, 2);
    }
    if (value >= 10)
        memcpy(digit - 2, two_digits + value * 2, 2);
    else
        digit[-1] = (uint8_t)('0' + value);
}

void cw_buffer_append_i64(cw_buffer *buffer, int64_t value) {
    if (value < 0)
        append_byte(buffer, '-');
    cw_buffer_append_u64(buffer, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/// Beyond 64 bits a double is a whole number of up to 309 digits.
static void append_huge(cw_buffer *buffer, double value) {
    char digits[320];
    append(buffer, digits, (size_t)snprintf(digits, sizeof digits, "%.0f", value));
}

static void append_decimals(cw_buffer *buffer, unsigned thousandths) {
    uint8_t text[4] = {'.', (uint8_t)('0' + thousandths / 100), (uint8_t)('0' + thousandths / 10 % 10),
                       (uint8_t)('0' + thousandths % 10)};
    size_t count = thousandths % 10 ? 4 : thousandths % 100 ? 3 : 2;
    append(buffer, text, count);
}

void cw_buffer_append_json_double(cw_buffer *buffer, double value) {
    if (!isfinite(value)) {
        append(buffer, "null", 4);
        return;
    }
    double size = fabs(value);
    if (size >= 0x1p63) {
        append_huge(buffer, value);
        return;
    }
    // The difference is exact, so what is rounded is the fraction itself. Halves go away from zero.
    uint64_t whole = (uint64_t)size;
    unsigned thousandths = (unsigned)((size - (double)whole) * 1000 + 0.5);
    if (thousandths == 1000) {
        thousandths = 0;
        whole++;
    }
    if (value < 0 && (whole | thousandths))
        append_byte(buffer, '-');
    cw_buffer_append_u64(buffer, whole);
    if (thousandths)
        append_decimals(buffer, thousandths);
}
