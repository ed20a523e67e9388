// One write to one client, while it is made: what it consists of, so that a part of it can be taken back.
#ifndef CREACTOR_CLIENT_PLAN_H
#define CREACTOR_CLIENT_PLAN_H

#include "fanout.h"

enum { SR_PLAN_VECTORS = 64, SR_PLAN_PIECES = 62 };

/// A part of the output that comes from one place.
typedef struct sr_piece {
    sr_attachment *attachment; ///< NULL: private bytes
    uint64_t from, until;      ///< numbers of its events
    uint64_t skipped;          ///< events behind them that newer ones replace
    size_t count;              ///< bytes in the output
    size_t own_count;          ///< of private bytes: how many of them it stands for
    size_t offset;             ///< where it begins in the output; of composed ones
    size_t mark;               ///< index of the position that it moves, or SR_NO_MARK; of composed ones
    uint64_t seq, previous;    ///< what the position is with it, and was before
} sr_piece;

typedef struct sr_plan {
    struct iovec vectors[SR_PLAN_VECTORS];
    sr_piece pieces[SR_PLAN_PIECES];
    size_t vector_count, piece_count, bytes;
} sr_plan;

/// What a client lacks, up to a bound, as one range of bytes of the fan-out's, each event with its composed id. Returns
/// whether that is everything. Moves cursors and positions on approval.
bool sr_compose(sr_client *client, sr_plan *plan);
/// The piece was not sent: the position is what it was before. Pieces go back in the opposite order of their coming.
void sr_compose_take_back(sr_client *client, const sr_piece *piece);
/// The first `sent` bytes of the piece, which was taken back, have been sent: keeps the rest, and moves on.
void sr_compose_was_cut(sr_client *client, const sr_plan *plan, const sr_piece *cut, size_t sent);

#endif
