// A topic with keys and a slow client, against a model that keeps everything and looks through all of it each time.
// The kernel takes exactly what it is told to take, so that what the client gets is known to the byte.
#include "fanout.h"
#include "fanout_world.h"

enum { MOST_EVENTS = 3000, MOST_TEXT = 1 << 20 };

// MARK: - A kernel that takes what it is told to take

/// Bytes that the sockets of the fan-out still take; SIZE_MAX: as many as there are.
static size_t allowance = SIZE_MAX;

static ssize_t take(int fd, const void *bytes, size_t count, int flags) {
    size_t now = count < allowance ? count : allowance;
    if (now == 0) {
        errno = EAGAIN;
        return -1;
    }
    if (allowance != SIZE_MAX)
        allowance -= now;
    return sendto(fd, bytes, now, flags, NULL, 0);
}

/// Both in place of the C library's: the fan-out calls them, and so do the peers of the tests.
ssize_t send(int fd, const void *bytes, size_t count, int flags) {
    return take(fd, bytes, count, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    static uint8_t all[MOST_TEXT];
    size_t count = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++) {
        memcpy(all + count, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
        count += message->msg_iov[i].iov_len;
    }
    return take(fd, all, count, flags);
}

// MARK: - The model

static struct {
    uint64_t keys[MOST_EVENTS];
    char texts[MOST_EVENTS][120];
    uint64_t count, cursor, conflate_until;
    uint64_t held, bound; ///< events that the log holds, and that may wait
    uint64_t delivered, conflated, dropped;
    bool blocked, composed;
    char own[MOST_TEXT]; ///< rests and gaps that wait
    char expected[MOST_TEXT];
    size_t expected_count;
} model;

static uint64_t first_held(void) {
    return model.count > model.held ? model.count - model.held : 0;
}

static bool is_replaced(uint64_t number) {
    for (uint64_t newer = number + 1; newer < model.count; newer++)
        if (model.keys[newer] == model.keys[number])
            return true;
    return false;
}

static bool is_skipped(uint64_t number) {
    return number < model.conflate_until && is_replaced(number);
}

/// What has left the log before it was sent, the newest of each key, is lost.
static void lose(void) {
    uint64_t first = first_held(), missed = 0, first_lost = 0, last_lost = 0;
    if (model.cursor >= first)
        return;
    for (uint64_t number = model.cursor; number < first; number++) {
        if (is_replaced(number))
            continue;
        last_lost = number;
        if (missed++ == 0)
            first_lost = number;
    }
    model.conflated += first - model.cursor - missed;
    model.dropped += missed;
    model.cursor = first;
    model.conflate_until = model.count;
    if (missed > 0)
        sprintf(model.own + strlen(model.own), "gap %d %d-%d\n", (int)missed, (int)first_lost + 1, (int)last_lost + 1);
}

/// Returns how many of the bytes find room.
static size_t put(const char *text, size_t *budget) {
    size_t count = strlen(text) < *budget ? strlen(text) : *budget;
    memcpy(model.expected + model.expected_count, text, count);
    model.expected_count += count;
    model.expected[model.expected_count] = 0;
    *budget -= count;
    return count;
}

static void put_number(char *at, uint64_t number) {
    char digits[20];
    int count = 0;
    for (; number > 0; number /= 36)
        digits[count++] = "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36];
    while (count > 0)
        *at++ = digits[--count];
    *at = 0;
}

static void text_of(uint64_t number, char *text) {
    char id[20] = "hared";
    if (model.composed)
        put_number(id, number + 1);
    sprintf(text, "id: s%s\n%s", id, model.texts[number]);
}

/// It is the client's turn, and its kernel takes so many bytes.
static void model_flush(bool slow, size_t budget) {
    lose();
    if (slow && model.count - model.cursor > model.bound)
        model.conflate_until = model.count;
    size_t sent = put(model.own, &budget);
    memmove(model.own, model.own + sent, strlen(model.own + sent) + 1);
    char text[200];
    while (model.cursor < model.count && (is_skipped(model.cursor) || (budget > 0 && *model.own == 0))) {
        if (is_skipped(model.cursor)) {
            model.conflated++;
        } else {
            text_of(model.cursor, text);
            sent = put(text, &budget);
            model.delivered++;
            strcpy(model.own, text + sent);
        }
        model.cursor++;
    }
    model.blocked = *model.own != 0 || model.cursor < model.count;
}

// MARK: - Both together

static void append(sr_topic *topic, uint64_t key) {
    uint64_t number = model.count++;
    model.keys[number] = key;
    int length = sprintf(model.texts[number], "%d of %d ", (int)number, (int)key);
    size_t padded = (size_t)length + check_random() % 40;
    memset(model.texts[number] + length, '.', padded - (size_t)length);
    strcpy(model.texts[number] + padded, "\n");
    char text[200];
    int count = sprintf(text, "id: shared\n%s", model.texts[number]);
    CHECK(sr_topic_append_keyed(topic, number + 1, key, (const uint8_t *)text, (size_t)count));
}

/// One turn of the client, and another one in which the kernel takes nothing.
static void flush_both(world *world, sr_client *client, peer *peer, size_t budget) {
    allowance = budget;
    for (int turn = 0; turn < 4; turn++)
        event_base_loop(sr_loop_base(world->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    model_flush(model.blocked, budget);
    if (model.blocked)
        model_flush(true, 0);
    CHECK_EQUAL(sr_client_is_blocked(client), model.blocked);
    PUMP_UNTIL(world->loop, (peer_receive(peer), peer->count >= model.expected_count));
    CHECK_TEXT(peer->text, model.expected);
    uint64_t skipped = 0;
    for (uint64_t number = model.cursor; number < model.count; number++)
        skipped += is_skipped(number);
    sr_client_stats stats = sr_client_get_stats(client);
    CHECK_EQUAL(stats.delivered, model.delivered);
    CHECK_EQUAL(stats.dropped, model.dropped);
    CHECK_EQUAL(stats.conflated, model.conflated + skipped);
    CHECK_EQUAL(stats.queued_events, model.count - model.cursor - skipped);
}

static void begin_both(world *world, peer *peer, sr_client **client, sr_topic **topic, bool composed) {
    allowance = SIZE_MAX;
    memset(&model, 0, sizeof model);
    model.composed = composed;
    model.held = 1 + check_random() % 60;
    model.bound = 1 + check_random() % 20;
    *client = open_client(world, peer, 0);
    if (model.composed)
        sr_client_compose_ids(*client, "s", 0);
    *topic = sr_topic_ensure(world->fanout, world->next_id, 1 << 20, model.held);
    sr_attach attach = bounded(SR_SLOW_CONFLATE, (uint32_t)model.bound);
    sr_client_attach(*client, *topic, &attach);
}

static void end_both(world *world, peer *peer, sr_client *client, sr_topic *topic) {
    flush_both(world, client, peer, SIZE_MAX);
    CHECK(!model.blocked);
    CHECK_EQUAL(model.delivered + model.conflated + model.dropped, model.count);
    sr_topic_free(topic);
    peer_close(peer);
    allowance = SIZE_MAX;
    uint64_t id = world->next_id;
    PUMP_UNTIL(world->loop, world->gone[id] != 0);
    world->next_id = id % (MAX_CLIENTS - 1);
    world->gone[world->next_id + 1] = 0;
}

TEST(a_slow_client_gets_exactly_what_the_model_says) {
    world world;
    begin(&world, quiet);
    world.write_when_behind = true;
    uint64_t conflated = 0, dropped = 0;
    for (int round = 0; round < 16; round++) {
        peer peer;
        sr_client *client;
        sr_topic *topic;
        begin_both(&world, &peer, &client, &topic, round % 2);
        uint64_t keys = 1 + check_random() % 20;
        for (int step = 0; step < 60; step++) {
            uint32_t most = check_random() % 4 == 0 ? 100 : 6;
            for (uint32_t burst = check_random() % most; burst > 0 && model.count < MOST_EVENTS; burst--)
                append(topic, 1 + check_random() % keys);
            flush_both(&world, client, &peer, check_random() % 3 == 0 ? check_random() % 2000 : check_random() % 100);
        }
        end_both(&world, &peer, client, topic);
        conflated += model.conflated;
        dropped += model.dropped;
    }
    fprintf(stderr, "  conflated %d, dropped %d\n", (int)conflated, (int)dropped);
    CHECK(conflated > 0 && dropped > 0);
    CHECK_EQUAL(sr_fanout_get_stats(world.fanout).topic_bytes, 0);
    end(&world);
}

static const uint64_t few_keys[] = {1, 2, 1, 3, 3, 2, 1, 4, 2};
enum { FEW = sizeof few_keys / sizeof few_keys[0] };

TEST(a_conflated_write_may_be_cut_anywhere) {
    world world;
    begin(&world, quiet);
    for (int composed = 0; composed < 2; composed++) {
        size_t most = 1000;
        for (size_t bytes = 0; bytes <= most; bytes++) {
            peer peer;
            sr_client *client;
            sr_topic *topic;
            begin_both(&world, &peer, &client, &topic, composed);
            model.held = 100;
            model.bound = 3;
            sr_topic_ensure(world.fanout, topic->named.id, 1 << 20, model.held);
            sr_attach attach = bounded(SR_SLOW_CONFLATE, 3);
            sr_client_attach(client, topic, &attach);
            append(topic, 9);
            flush_both(&world, client, &peer, 1);
            for (int event = 0; event < FEW; event++)
                append(topic, few_keys[event]);
            flush_both(&world, client, &peer, bytes);
            append(topic, 3);
            append(topic, 5);
            if (!model.blocked)
                most = bytes;
            end_both(&world, &peer, client, topic);
        }
    }
    end(&world);
}

// MARK: - What the topic knows

/// Looks for what replaces each event among all that there ever were.
static void check_replaced(const sr_topic *topic, const uint64_t *keys, uint64_t from) {
    uint64_t missed = 0;
    for (uint64_t number = from; number < topic->next; number++) {
        uint64_t newer = number + 1;
        while (newer < topic->next && keys[newer] != keys[number])
            newer++;
        bool replaced = keys[number] != 0 && newer < topic->next;
        if (number < topic->first)
            missed += !replaced;
        else
            CHECK_EQUAL(sr_topic_is_replaced(topic, number, topic->next), replaced);
    }
    if (from >= topic->first)
        return;
    sr_behind behind = {.missed = topic->first - from, .first_seq = from + 1, .last_seq = topic->first};
    sr_topic_forgive_replaced(topic, from, topic->first, &behind);
    CHECK(behind.missed >= missed && behind.missed <= topic->first - from);
    if (keys[0] % 2 == 1) // else some keys are missing, or more than are remembered
        CHECK_EQUAL(behind.missed, missed);
}

TEST(the_topic_knows_what_is_replaced_as_long_as_its_keys_are_few) {
    static uint64_t keys[2000];
    world world;
    begin(&world, quiet);
    for (uint64_t id = 1; id <= 60; id++) {
        sr_topic *topic = sr_topic_ensure(world.fanout, id, 1 << 20, 1 + check_random() % 100);
        bool few = check_random() % 2;
        uint64_t kinds = few ? 1 + check_random() % 20 : 1000;
        for (uint64_t number = 0; number < 2000; number++) {
            keys[number] = few ? 1 + check_random() % kinds : check_random() % kinds * 2;
            keys[0] = few ? 1 : 2;
            sr_topic_append_keyed(topic, number + 1, keys[number], (const uint8_t *)"event", 5);
            if (number % 50 == 49)
                check_replaced(topic, keys, check_random() % (number + 1));
        }
    }
    end(&world);
}
