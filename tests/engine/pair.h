/* SPDX-License-Identifier: Apache-2.0 */
/* A client and a server in memory, and what a test wants to know of them. */
#ifndef ENGINE_PAIR_H
#define ENGINE_PAIR_H

#include "engine/authority.h"
#include "tls/connection.h"
#include <bulla/bulla.h>

/* A config in one initializer; zeros are the builder's defaults. */
struct setup {
    bulla_role role;
    const uint16_t *suites;
    size_t num_suites;
    const uint16_t *groups;
    size_t num_groups;
    const char *alpn[4];
    bulla_credential *credentials[4];
    bulla_trust *trust;
    bulla_client_auth client_auth;
    unsigned ask;
    size_t record_size, padding;
    struct seeded *random; /* NULL: the system's */
    const int64_t *now;    /* NULL: TEST_NOW */
    bulla_key_log_function key_log;
    void *key_log_context;
    const struct replay_message *replay;
    size_t num_replay;
    uint16_t version_min, version_max; /* both or neither */
    bool no_grease;
    /* Whatever else is to be set; NULL: nothing. */
    void (*more)(bulla_config_builder *builder, void *context);
    void *more_context;
};

/* A bulla_clock_function: the time that `context` (int64_t) says; NULL: TEST_NOW. */
int64_t test_clock(void *context);

bulla_cause setup_try(const struct setup *setup, bulla_config **out);
/* The same, which must succeed. */
bulla_config *setup_config(const struct setup *setup);

/* One side: its connection, the bytes on their way to it, and what it said. */
struct end {
    bulla_connection *connection;
    struct writer inbox;
    size_t inbox_start;
    struct writer received; /* application data */
    struct writer early;    /* early data */
    bulla_event last;
    unsigned events[BULLA_EVENT_FAILED + 1]; /* how often each came; decisions in each asking */
    bool started;

    /* Answers to decisions; `holds` leaves them to the test. */
    bool holds;
    bulla_credential *credential;
    bulla_cause verdict;
    bulla_bytes stored;  /* what every BULLA_EVENT_SESSION_LOOKUP is answered with */
    bool strike_is_old;  /* what every BULLA_EVENT_STRIKE is answered with */
    struct writer state; /* of the last BULLA_EVENT_SESSION */
    uint8_t id[32];      /* likewise, at a server */
};

struct pair {
    bulla_workspace *workspace;
    struct end client, server;
    size_t chunk;        /* bytes of a delivery at the most; 0: all there is */
    struct seeded *cuts; /* where set, deliveries are of random length */
};

/* Takes the configs over. */
void pair_open(struct pair *pair, bulla_config *client, bulla_config *server, const char *name);
void pair_close(struct pair *pair);
/* Carries bytes until nothing moves. */
void pair_run(struct pair *pair);
/* pair_run(), and both must have finished their handshake. */
void pair_connect(struct pair *pair);

/* Moves an end's output to the other's inbox. */
size_t end_flush(struct end *from, struct end *to);
/* Feeds at most `max` bytes of the inbox, in a heap block of their own, answering decisions. */
bulla_event end_receive(struct end *end, size_t max);
/* Feeds bytes that did not come from the other end. */
bulla_event end_feed(struct end *end, bulla_bytes bytes);
/* Seals `data` to the other's inbox. */
bulla_cause end_send(struct end *from, struct end *to, bulla_bytes data);
/* The same, early; how much was taken. */
bulla_cause end_send_early(struct end *from, struct end *to, bulla_bytes data, size_t *out_taken);
size_t end_waiting(const struct end *end);

/* The signature that `signing` asks for, by test_key(); its length. */
size_t test_sign(const bulla_signing *signing, uint8_t *out);

bulla_cause end_failure(const struct end *end);
bulla_connection_info end_info(const struct end *end);
/* Both ends export the same keys; false also where one cannot. */
bool pair_agrees(const struct pair *pair);

#endif
