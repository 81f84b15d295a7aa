/* SPDX-License-Identifier: Apache-2.0 */
/* What is expected of a connection that refuses its peer: the cause, the alert on the wire, and
 * that nothing comes of it any more. Include after cmocka.h. */
#ifndef ENGINE_EXPECT_H
#define ENGINE_EXPECT_H

#include "engine/raw.h"

static inline const char *cause_name(bulla_cause cause) {
    return bulla_cause_about(cause)->name;
}

/* `what` names the case in the output where the causes differ. */
static inline void expect_cause(const struct end *end, bulla_cause cause, const char *what) {
    if (end_failure(end) != cause) {
        fail_msg("%s: %s, not %s", what, cause_name(end_failure(end)), cause_name(cause));
    }
}

/* The connection stays failed, takes what comes without a look, and gives nothing. */
static inline void expect_dead(struct end *end, bulla_cause cause) {
    bulla_connection *connection = end->connection;
    uint8_t more[] = {22, 3, 3, 0, 1, 0}, out[64];
    bulla_input input = {more, sizeof more};
    bulla_bytes data = BYTES_OF("x");
    bulla_connection_info info;
    size_t len = 0;
    bulla_bytes output = bulla_connection_output(connection);
    bulla_connection_output_sent(connection, output.len);
    assert_int_equal(bulla_connection_receive(connection, &input, &data), BULLA_EVENT_FAILED);
    assert_int_equal(input.len, 0);
    assert_int_equal(data.len, 0);
    bulla_connection_receive_end(connection);
    data = BYTES_OF("x");
    assert_int_equal(bulla_connection_send(connection, &data, out, sizeof out, &len),
                     BULLA_E_API_MISUSE);
    assert_int_equal(len, 0);
    assert_int_equal(bulla_connection_update_key(connection, 1), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_connection_export(connection, data, data, out, 32), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_connection_answer_verify(connection, BULLA_OK), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_connection_close(connection), BULLA_OK);
    assert_int_equal(bulla_connection_output(connection).len, 0);
    assert_int_equal(bulla_connection_failure(connection).cause, cause);
    bulla_connection_info_get(connection, &info);
    assert_null(connection->secrets);
    assert_null(connection->handshake);
}

/* Feeds `bytes`, which must be refused with `cause`: its alert is the last thing in the output. */
static inline void expect_refused(struct end *end, bulla_bytes bytes, bulla_cause cause,
                                  const char *what) {
    struct record_keys keys = end->connection->write;
    bulla_alert alert = bulla_cause_about(cause)->alert;
    (void)end_feed(end, bytes);
    expect_cause(end, cause, what);
    assert_int_equal(end->last, BULLA_EVENT_FAILED);
    assert_int_equal(bulla_connection_failure(end->connection).alert_sent, alert);
    assert_int_equal(raw_last_alert(bulla_connection_output(end->connection), &keys),
                     alert == BULLA_ALERT_NONE ? -1 : (int)alert);
    expect_dead(end, cause);
}

/* Feeds `bytes`, which must be taken. */
static inline void expect_taken(struct end *end, bulla_bytes bytes, const char *what) {
    (void)end_feed(end, bytes);
    expect_cause(end, BULLA_OK, what);
    assert_int_equal(end_waiting(end), 0);
}

#endif
