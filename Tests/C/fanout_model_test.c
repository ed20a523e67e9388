// Random traffic over real sockets against a model that keeps everything. Every client must get, of each topic it is
// attached to, every event exactly once and in order, except for stretches that it was told about in their place; and
// every private byte at its place. To every second client ids are composed: each has to say what the client has seen.
#include "fanout.h"
#include "peer.h"

enum { CLIENTS = 12, TOPICS = 4, STEPS = 4000, LINE = 64, MAX_EVENTS = 100000 };

typedef struct expectation {
    bool attached;
    uint64_t first; ///< number of the event the attachment begins with
    uint64_t end;   ///< and of the one it ends before
} expectation;

typedef struct simulated {
    peer peer;
    uint64_t id;
    bool gone;
    expectation topics[TOPICS];
    uint64_t writes;      ///< private lines written
    uint64_t seen_writes; ///< and received
    uint64_t last_seen[TOPICS];
    uint64_t live_from; ///< seq of the last event before its last attachment
    uint64_t last_live; ///< seq of the last event received that was appended after the last attachment
    size_t parsed;
    bool composes;
    uint64_t position[TOPICS + 1]; ///< by label: seq of the last event seen, 0 being the common one
    char last_id[128];             ///< as it came
    int sloth;                     ///< reads one time in this many; 0: never until the end
} simulated;

static struct {
    sr_loop *loop;
    sr_http *http;
    sr_fanout *fanout;
    uint64_t opened;
    uint64_t next_seq;                 ///< hub-wide, so it is also the order of appending
    uint64_t counts[TOPICS];           ///< events appended, which are numbered from 1
    uint64_t seqs[TOPICS][MAX_EVENTS]; ///< of each
    uint64_t reported;
    simulated clients[CLIENTS];
} model;

static sr_topic *topic_of(int index) {
    return sr_topic_find(model.fanout, (uint64_t)index + 1);
}

static void on_request(void *context, sr_request *request) {
    sr_request_stream(request, model.fanout, ++model.opened, (const uint8_t *)"HEAD\n", 5);
}

static void on_gone(void *context, uint64_t client_id, sr_client_gone reason, const sr_client_stats *stats) {
    CHECK_EQUAL(reason, SR_CLIENT_FINISHED);
    model.clients[client_id - 1].gone = true;
}

static void write_line(sr_client *client, const char *format, uint64_t a, uint64_t b, uint64_t c) {
    char line[128];
    int length = snprintf(line, sizeof line, format, a, b, c);
    sr_client_write(client, (const uint8_t *)line, (size_t)length);
}

static void on_behind(void *context, sr_client *client, uint64_t client_id, const sr_behind *behind) {
    model.reported++;
    write_line(client, "G %" PRIu64 " %" PRIu64 " %" PRIu64, behind->topic_id, behind->missed, behind->first_seq);
    write_line(client, " %" PRIu64 "\n", behind->last_seq, 0, 0);
}

static void on_drained(void *context, uint64_t client_id) {}

// MARK: - Steps

/// Topics from the third on have a position of their own.
static uint64_t label_of(int index) {
    return index < 2 ? 0 : (uint64_t)index + 1;
}

/// "id: shared", "E <topic> <number within the topic> <seq>" and padding; the padding makes lengths vary.
static void append_some(int index) {
    char line[2048];
    memset(line, '.', sizeof line);
    uint64_t seq = ++model.next_seq, number = ++model.counts[index];
    model.seqs[index][number] = seq;
    int length = snprintf(line, LINE, "id: shared\nE %d %" PRIu64 " %" PRIu64 " ", index + 1, number, seq);
    line[length] = '.';
    size_t count = LINE + check_random() % (check_random() % 8 == 0 ? 1900 : 100);
    line[count - 1] = '\n';
    CHECK(sr_topic_append(topic_of(index), seq, (const uint8_t *)line, count));
}

static void toggle(simulated *client, int index) {
    expectation *expected = &client->topics[index];
    sr_client *handle = sr_client_find(model.fanout, client->id);
    if (expected->attached && expected->end == UINT64_MAX) {
        sr_client_detach(handle, topic_of(index));
        expected->end = model.counts[index] + 1;
    } else if (!expected->attached) {
        // Once per client and topic: a second attachment may repeat what the first has sent, which the model cannot
        // tell.
        bool replay = check_random() % 2;
        const sr_topic *topic = topic_of(index);
        client->live_from = model.next_seq;
        *expected =
            (expectation){.attached = true, .first = (replay ? topic->first : topic->next) + 1, .end = UINT64_MAX};
        sr_attach attach = {.after_seq = replay ? 0 : UINT64_MAX,
                            .policy = SR_SLOW_DROP_OLDEST,
                            .max_events = 5 + check_random() % 200,
                            .max_bytes = 2000 + check_random() % 100000,
                            .label = label_of(index)};
        sr_client_attach(handle, topic_of(index), &attach);
    }
}

static uint64_t *last_seen(simulated *client, uint64_t topic) {
    uint64_t *last = &client->last_seen[topic - 1];
    const expectation *expected = &client->topics[topic - 1];
    CHECK(expected->attached);
    if (*last == 0)
        *last = expected->first - 1;
    return last;
}

/// The id says what the client has seen, the event that it belongs to included.
static void check_id(simulated *client, int index, uint64_t seq) {
    client->position[label_of(index)] = seq;
    if (!client->composes) {
        CHECK_TEXT(client->last_id, "id: shared");
        return;
    }
    char *at = client->last_id + strlen("id: s");
    CHECK_EQUAL(strtoull(at, &at, 36), client->position[0]);
    uint64_t seen[TOPICS + 1] = {client->position[0]};
    while (*at == '~') {
        uint64_t label = strtoull(at + 1, &at, 36);
        seen[label] = strtoull(at + 1, &at, 36);
    }
    CHECK(*at == 0 && memcmp(seen, client->position, sizeof seen) == 0);
}

/// One complete line that a client has received.
static void parse_line(simulated *client, const char *line) {
    uint64_t topic, a, b, c;
    if (sscanf(line, "E %" SCNu64 " %" SCNu64 " %" SCNu64, &topic, &a, &b) == 3) {
        CHECK_EQUAL(a, ++*last_seen(client, topic));
        CHECK(a < client->topics[topic - 1].end);
        check_id(client, (int)topic - 1, b);
        if (b > client->live_from) {
            CHECK(b > client->last_live);
            client->last_live = b;
        }
    } else if (sscanf(line, "G %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &topic, &a, &b, &c) == 4) {
        uint64_t *last = last_seen(client, topic);
        CHECK_EQUAL(b, model.seqs[topic - 1][*last + 1]);
        *last += a;
        CHECK_EQUAL(c, model.seqs[topic - 1][*last]);
    } else if (strncmp(line, "id: ", 4) == 0) {
        snprintf(client->last_id, sizeof client->last_id, "%s", line);
    } else if (sscanf(line, "P %" SCNu64, &a) == 1) {
        CHECK_EQUAL(a, ++client->seen_writes);
    } else {
        CHECK_TEXT(line, "HEAD");
    }
}

static void parse(simulated *client) {
    char *start = client->peer.text + client->parsed, *end;
    while ((end = strchr(start, '\n'))) {
        *end = 0;
        parse_line(client, start);
        start = end + 1;
    }
    client->parsed = (size_t)(start - client->peer.text);
}

static void read_some(simulated *client) {
    peer_receive_some(&client->peer, 1 + check_random() % 20000);
    parse(client);
}

static void step(void) {
    simulated *client = &model.clients[check_random() % CLIENTS];
    switch (check_random() % 8) {
    case 0:
        for (uint32_t burst = check_random() % 150; burst > 0; burst--)
            append_some((int)(check_random() % TOPICS));
        break;
    case 1:
        write_line(sr_client_find(model.fanout, client->id), "P %" PRIu64 "\n", ++client->writes, 0, 0);
        break;
    case 2:
        if (check_random() % 20 == 0)
            toggle(client, (int)(check_random() % TOPICS));
        break;
    case 3:
    case 4:
        append_some((int)(check_random() % TOPICS));
        break;
    default:
        event_base_loop(sr_loop_base(model.loop), EVLOOP_NONBLOCK);
        for (int i = 0; i < CLIENTS; i++)
            if (model.clients[i].sloth > 0 && check_random() % (uint32_t)model.clients[i].sloth == 0)
                read_some(&model.clients[i]);
    }
}

static bool all_ended(void) {
    bool all = true;
    for (int i = 0; i < CLIENTS; i++) {
        read_some(&model.clients[i]);
        all = all && model.clients[i].peer.ended && model.clients[i].gone;
    }
    return all;
}

static void check_completeness(const simulated *client) {
    CHECK_EQUAL(client->seen_writes, client->writes);
    CHECK_EQUAL(client->parsed, client->peer.count);
    for (int topic = 0; topic < TOPICS; topic++) {
        const expectation *expected = &client->topics[topic];
        uint64_t end = expected->end == UINT64_MAX ? model.counts[topic] + 1 : expected->end;
        if (expected->attached && expected->first < end)
            CHECK_EQUAL(client->last_seen[topic], end - 1);
    }
}

TEST(random_traffic_arrives_in_order_or_is_reported_missing) {
    model.loop = new_loop();
    sr_error error;
    sr_http_config http = {.max_header_bytes = 4096,
                           .max_body_bytes = 10,
                           .request_timeout_ms = 9000,
                           .idle_timeout_ms = 9000,
                           .max_connections = 100};
    sr_fanout_config config = {.send_buffer = 8192, .max_private_bytes = 1 << 22};
    sr_fanout_callbacks callbacks = {on_gone, on_behind, on_drained};
    model.http = sr_http_new(model.loop, &http, on_request, NULL, &error);
    int port = sr_http_listen(model.http, "127.0.0.1", 0, false, &error);
    model.fanout = sr_fanout_new(model.loop, &config, &callbacks, NULL);
    for (uint64_t topic = 1; topic <= TOPICS; topic++)
        sr_topic_ensure(model.fanout, topic, 8192 << topic, 100 * topic);
    for (uint64_t i = 0; i < CLIENTS; i++) {
        model.clients[i] = (simulated){.peer = peer_connect(port, 4096), .id = i + 1, .sloth = (int)(i * i)};
        peer_send(&model.clients[i].peer, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        PUMP_UNTIL(model.loop, model.opened == i + 1);
        model.clients[i].composes = i % 2 == 1;
        if (model.clients[i].composes)
            sr_client_compose_ids(sr_client_find(model.fanout, i + 1), "s", 0);
    }
    for (int i = 0; i < STEPS; i++)
        step();
    for (int i = 0; i < CLIENTS; i++)
        sr_client_finish(sr_client_find(model.fanout, model.clients[i].id));
    PUMP_UNTIL(model.loop, all_ended());
    for (int i = 0; i < CLIENTS; i++) {
        check_completeness(&model.clients[i]);
        peer_close(&model.clients[i].peer);
    }
    sr_fanout_stats stats = sr_fanout_get_stats(model.fanout);
    fprintf(stderr, "  delivered %d, dropped %d in %d reports\n", (int)stats.delivered, (int)stats.dropped,
            (int)model.reported);
    CHECK(stats.dropped > 0);
    sr_fanout_free(model.fanout);
    sr_http_free(model.http);
    end_loop(model.loop);
}
