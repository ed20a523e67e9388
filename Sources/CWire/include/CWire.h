// CWire: the messages of sluice.proto in C. Decoding into an arena, encoding, and JSON made straight from a decoded
// message by walking its descriptor, so that no payload is ever copied into values of another language.
//
// Threads: nothing here has global state. An arena, a buffer and a filter belong to one thread at a time; a finished
// filter may be read by many.
// Ownership: what an arena gives out lives until its reset or free. Memory that is passed in is copied or only read
// during the call; messages that are encoded or rendered are only read.
// Memory: an arena refuses beyond its budget. A buffer that cannot grow ends the process, as an array in Swift does.
#ifndef CWIRE_H
#define CWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sluice.pb-c.h"

#if defined(__clang__)
#pragma clang assume_nonnull begin
#else
#define _Nullable
#endif

// MARK: - Arena (arena.c)

/// Memory for decoded messages: handed out by moving a pointer, taken back all at once.
typedef struct cw_arena cw_arena;

enum { CW_ARENA_DEFAULT_BUDGET = 16 << 20 };

/// An arena that holds at most `budget` bytes, its own bookkeeping included. NULL when the system has no memory left.
cw_arena *_Nullable cw_arena_new(size_t budget);
void cw_arena_free(cw_arena *_Nullable arena);
/// Takes back all that was given out. Keeps the first chunk (64 KiB), so that a steady flow of usual messages
/// allocates nothing.
void cw_arena_reset(cw_arena *arena);
/// `size` bytes, aligned for every type, not zeroed. NULL when that would go over the budget.
void *_Nullable cw_arena_allocate(cw_arena *arena, size_t size);
/// Bytes held from the system now.
size_t cw_arena_held(const cw_arena *arena);

// MARK: - Decoding (decode.c)

/// Most items of one repeated field of a message that is let in.
enum { CW_MAX_LIST_COUNT = 16384 };

typedef enum cw_decode_status {
    CW_DECODE_OK = 0,
    CW_DECODE_MALFORMED, ///< not a message of this type
    CW_DECODE_TOO_LARGE, ///< would go over the arena's budget
    CW_DECODE_TOO_MANY,  ///< a list has more than CW_MAX_LIST_COUNT items
} cw_decode_status;

/// The payload of one frame. The result and all that it points to lie in the arena; NULL with the reason in *status.
/// `message_case` is ..._NOT_SET for a kind of message that this version does not know: to be ignored.
/// Strings end with a zero byte but are not checked in any other way: neither for UTF-8 nor for their length.
Sluice__V1__AgentMessage *_Nullable cw_decode_agent_message(cw_arena *arena, const uint8_t *_Nullable bytes,
                                                            size_t count, cw_decode_status *status);
Sluice__V1__ServerMessage *_Nullable cw_decode_server_message(cw_arena *arena, const uint8_t *_Nullable bytes,
                                                              size_t count, cw_decode_status *status);

// MARK: - Samples that are not decoded (sample.c)

typedef struct cw_sample {
    uint32_t stream_ref; ///< 0 when left out
    uint64_t at_unix_ns; ///< 0 when left out
    /// There are cpu, memory, processes, load, a disk and a network interface.
    bool has_all_parts;
} cw_sample;

/// Whether the frame of an agent is a StreamData with metrics and nothing out of the ordinary, and what has to be known
/// to pass it on undecoded. Its parts are not looked into: it may yet turn out to be malformed.
bool cw_look_at_sample(const uint8_t *_Nullable bytes, size_t count, cw_sample *sample);

// MARK: - Buffer (buffer.c, number.c, text.c)

/// Bytes that grow at the end. Starts as {0}; freed with cw_buffer_free. `base` is valid until the next append.
typedef struct cw_buffer {
    uint8_t *_Nullable base;
    size_t count;
    size_t capacity;
} cw_buffer;

void cw_buffer_free(cw_buffer *buffer);
/// Empties it. Keeps its memory for the next use, unless that is more than 256 KiB.
void cw_buffer_clear(cw_buffer *buffer);
/// Room for `count` bytes more behind what is there; returns where they start. Does not change `buffer->count`.
uint8_t *cw_buffer_reserve(cw_buffer *buffer, size_t count);
void cw_buffer_append(cw_buffer *buffer, const void *_Nullable bytes, size_t count);
void cw_buffer_append_byte(cw_buffer *buffer, uint8_t byte);
/// In decimal.
void cw_buffer_append_u64(cw_buffer *buffer, uint64_t value);
void cw_buffer_append_i64(cw_buffer *buffer, int64_t value);
/// A JSON number: rounded to three decimals, without trailing zeros or an exponent; `null` for NaN and the infinities.
void cw_buffer_append_json_double(cw_buffer *buffer, double value);
/// A JSON string with its quotes, valid UTF-8 whatever the bytes are. Each maximal part of an ill-formed sequence
/// becomes U+FFFD (as in the Encoding Standard), control characters are escaped.
void cw_buffer_append_json_string(cw_buffer *buffer, const void *_Nullable bytes, size_t count);
/// The bytes as they are, but each maximal part of an ill-formed UTF-8 sequence as U+FFFD.
void cw_buffer_append_repaired_utf8(cw_buffer *buffer, const void *_Nullable bytes, size_t count);

// MARK: - Parts of events (event.c)

/// `id: e1.2a.3` and a line feed: the three numbers with base 36.
void cw_buffer_append_event_id(cw_buffer *buffer, uint64_t epoch, uint64_t number, uint64_t index);
/// `id: l2a` and a line feed.
void cw_buffer_append_line_id(cw_buffer *buffer, uint64_t seq);
/// RFC 3339 in UTC: `2025-01-29T08:15:30.007Z`. A time beyond the years 0000 and 9999 is shown as the first or the last
/// moment that exists there.
void cw_buffer_append_timestamp(cw_buffer *buffer, int64_t unix_ms);
/// The line as a JSON object. What is not set is `null`, but for `stream`, which is then stdout, and `line`, which is
/// then empty.
void cw_buffer_append_container_log(cw_buffer *buffer, const Sluice__V1__ContainerLog *log);
/// A whole event of a container's line: the id, `head` (from `event:` to the colon after `data`), the line, the end.
void cw_buffer_append_container_event(cw_buffer *buffer, uint64_t epoch, uint64_t number, uint64_t index,
                                      const cw_buffer *head, const Sluice__V1__ContainerLog *log);
/// A line of a task's output as a JSON object.
void cw_buffer_append_task_line(cw_buffer *buffer, const void *_Nullable task, size_t task_count,
                                const void *_Nullable line, size_t line_count, uint64_t seq, bool is_stderr,
                                bool is_truncated);

// MARK: - Query (query.c)

enum { CW_MAX_QUERY = 4096 };

/// Does `text` have `query`, whose ASCII letters are small ones, in it? Capital ASCII letters of the text count as
/// small ones, all other bytes as themselves. The empty query is in every text, one of more than CW_MAX_QUERY bytes in
/// none. The time is linear in the length of the text.
bool cw_contains(const uint8_t *_Nullable text, size_t text_count, const uint8_t *_Nullable query, size_t query_count);

// MARK: - Encoding (encode.c)

/// Size of the encoded message in bytes.
size_t cw_encoded_size(const ProtobufCMessage *message);
/// Encodes into `bytes`, which has room for `capacity`. Returns the size; when that is over `capacity`, nothing was
/// written.
size_t cw_encode(const ProtobufCMessage *message, uint8_t *_Nullable bytes, size_t capacity);
/// Appends the encoded message; returns its size.
size_t cw_buffer_append_encoded(cw_buffer *buffer, const ProtobufCMessage *message);

// MARK: - Filter (filter.c)

/// Which parts of one type of message are rendered: fields at its top and fields of those.
typedef struct cw_filter cw_filter;

/// Lets through `timestamp` alone until names are added. NULL when the system has no memory left, or when the type
/// has more than 64 fields.
cw_filter *_Nullable cw_filter_new(const ProtobufCMessageDescriptor *type);
void cw_filter_free(cw_filter *_Nullable filter);
/// Adds `cpu` (all of it) or `cpu.usage_percent`; `network` stands for `network_interfaces`. Where the part is a list,
/// the field of each item is meant. False when the type has no such field; then nothing was changed.
bool cw_filter_add(cw_filter *filter, const char *_Nullable name, size_t count);
/// Would any of the part `name` (a field at the top, or `network`) be rendered?
bool cw_filter_includes(const cw_filter *filter, const char *_Nullable name, size_t count);
/// Is this a name that cw_filter_add takes?
bool cw_filter_name_exists(const ProtobufCMessageDescriptor *type, const char *_Nullable name, size_t count);

// MARK: - JSON (json.c)

typedef enum cw_json_style {
    /// Names as they are in the .proto; a field that is not set is `null`, an unset member of a oneof is left out;
    /// enums in lower case, unknown ones `null`; 64-bit integers are numbers; lists of Attribute and of Label are
    /// objects.
    CW_JSON_PLAIN = 0,
    /// The JSON mapping of protobuf with defaults: names in camelCase, 64-bit integers in quotes, enums by name,
    /// scalars that are not set at their defaults. Differs in one thing: `bytes` are text here, not base64.
    CW_JSON_PROTOBUF,
} cw_json_style;

/// Appends the message as one line of compact JSON: valid UTF-8 without control characters. `filter` is one for the
/// message's type, or NULL for all of it.
void cw_buffer_append_json(cw_buffer *buffer, const ProtobufCMessage *message, cw_json_style style,
                           const cw_filter *_Nullable filter);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
