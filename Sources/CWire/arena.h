// Inside CWire: what decode.c needs to know of an arena.
#ifndef CWIRE_ARENA_H
#define CWIRE_ARENA_H

#include "CWire.h"

/// protobuf-c's view of the arena; lives as long as the arena does.
ProtobufCAllocator *cw_arena_allocator(cw_arena *arena);
/// Has an allocation been refused since the last reset or the last call of this function?
bool cw_arena_take_refusal(cw_arena *arena);

#endif
