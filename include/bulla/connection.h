/* SPDX-License-Identifier: Apache-2.0 */
/* A connection: it is fed bytes and gives bytes, and says what happened as events.
 *
 * The loop of every caller:
 *
 *     for (;;) {
 *         switch (bulla_connection_receive(connection, &input, &data)) {
 *         case BULLA_EVENT_NEED_BYTES:     send bulla_connection_output(), read more into input
 *         case BULLA_EVENT_HANDSHAKE_DONE: bulla_connection_send() works from here on
 *         case BULLA_EVENT_DATA:           use `data`, which lies in the input buffer
 *         case BULLA_EVENT_CLOSED:         the peer is done; answer with bulla_connection_close()
 *         case BULLA_EVENT_FAILED:         send the output (an alert), then free
 *         ...
 *
 * A client is started by a first call with no input. No function blocks, reads a clock or calls
 * back other than through the config's clock, randomness and key log. A connection belongs to one
 * thread at a time. */
#ifndef BULLA_CONNECTION_H
#define BULLA_CONNECTION_H

#include <bulla/config.h>
#include <bulla/report.h>

typedef struct bulla_connection bulla_connection;

/* What one thread lends to whichever of its connections is talking: cipher contexts above all. One
 * for each thread; it outlives its connections. */
typedef struct bulla_workspace bulla_workspace;

BULLA_API BULLA_MUST_CHECK bulla_cause bulla_workspace_new(bulla_workspace **out);
BULLA_API void bulla_workspace_free(bulla_workspace *workspace);

typedef enum bulla_event {
    BULLA_EVENT_INVALID = 0,
    BULLA_EVENT_NEED_BYTES,     /* all input was used; there may be output to send */
    BULLA_EVENT_DATA,           /* application data arrived */
    BULLA_EVENT_HANDSHAKE_DONE, /* the peer is authenticated as the config demands; once */
    BULLA_EVENT_CREDENTIAL,     /* decide: which credential to show */
    BULLA_EVENT_SIGN,           /* decide: sign these bytes */
    BULLA_EVENT_VERIFY,         /* decide: is this chain good */
    BULLA_EVENT_EARLY_DATA,     /* a server: data that came before the handshake was done. It may
                                 * be a replay: act only on what may safely be done twice */
    BULLA_EVENT_SESSION,        /* a session that can be resumed: see bulla_connection_session() */
    BULLA_EVENT_SESSION_LOOKUP, /* decide: what was stored under this id */
    BULLA_EVENT_STRIKE,         /* decide: was this early data never seen before */
    BULLA_EVENT_CLOSED,         /* the peer sent close_notify */
    BULLA_EVENT_FAILED,         /* see bulla_connection_failure(); stays */
} bulla_event;

/* Received bytes, which the connection decrypts where they stand. It moves `bytes` forward and
 * `len` down by what it has used. */
typedef struct bulla_input {
    uint8_t *bytes;
    size_t len;
} bulla_input;

/* `server_name` is the host name or IP address (text) to connect to: sent as SNI where it is a
 * name, and looked for in the server's certificate. It may be empty only with BULLA_ASK_VERIFY.
 * The connection takes a reference to `config`; `workspace` stays the caller's. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_new_client(bulla_connection **out,
                                                                   bulla_config *config,
                                                                   bulla_workspace *workspace,
                                                                   bulla_bytes server_name);
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_new_server(bulla_connection **out,
                                                                   bulla_config *config,
                                                                   bulla_workspace *workspace);
BULLA_API void bulla_connection_free(bulla_connection *connection);

/* Uses input until something happens. After an event that asks for a decision, no input is used
 * until it is answered. `out_data` is set for BULLA_EVENT_DATA (never empty) and is valid until
 * the next receive or until the caller reuses its buffer, whichever is first; so is that of
 * BULLA_EVENT_EARLY_DATA. */
BULLA_API BULLA_MUST_CHECK bulla_event bulla_connection_receive(bulla_connection *connection,
                                                                bulla_input *input,
                                                                bulla_bytes *out_data);

/* The transport ended (read gave 0). A connection that has seen close_notify stays as it is; any
 * other fails with BULLA_E_TRUNCATED or BULLA_E_CLOSED_BEFORE_HANDSHAKE. */
BULLA_API void bulla_connection_receive_end(bulla_connection *connection);

/* Bytes for the peer that wait to be sent, in order; valid until the next call on the connection.
 * Report what was sent with bulla_connection_output_sent(). */
BULLA_API bulla_bytes bulla_connection_output(const bulla_connection *connection);
BULLA_API void bulla_connection_output_sent(bulla_connection *connection, size_t len);

/* Seals from `data` (moved forward by what was taken) into `out`, record by record, as many as
 * have room; waiting output is written first, so that the order is right. `out` does not overlap
 * `data`. No allocation. BULLA_E_API_MISUSE before the handshake is done (but a server
 * may answer early data as soon as it has it) or after closing;
 * BULLA_E_BUFFER_TOO_SMALL where not even one byte had room. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_send(bulla_connection *connection,
                                                             bulla_bytes *data, uint8_t *out,
                                                             size_t out_cap, size_t *out_len);

/* The room that sealing `data_len` bytes takes at the most, waiting output included. */
BULLA_API size_t bulla_connection_send_room(const bulla_connection *connection, size_t data_len);

/* Queues close_notify; nothing can be sent afterwards. Harmless where closed or failed already. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_close(bulla_connection *connection);

/* Queues a KeyUpdate (RFC 8446 4.6.3) and moves to the next sending key; with `ask_peer` the peer
 * is to do the same. TLS 1.2 has none: BULLA_E_API_MISUSE. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_update_key(bulla_connection *connection,
                                                                   int ask_peer);

/* What BULLA_EVENT_SIGN asks for: a signature with the credential's key over `message`, made as
 * `scheme` (RFC 8446 4.2.3) says. The bytes stay valid until the answer. */
typedef struct bulla_signing {
    const bulla_credential *credential;
    uint16_t scheme;
    bulla_bytes message;
} bulla_signing;

/* Each answer goes with its event; then call bulla_connection_receive() again.
 * BULLA_E_API_MISUSE where that event is not the one that waits. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_signing(const bulla_connection *connection,
                                                                bulla_signing *out);
BULLA_API BULLA_MUST_CHECK bulla_cause
bulla_connection_answer_signature(bulla_connection *connection, bulla_bytes signature);
/* BULLA_OK accepts the chain; any other cause refuses it and is the connection's failure. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_answer_verify(bulla_connection *connection,
                                                                      bulla_cause verdict);
/* While BULLA_EVENT_CREDENTIAL waits: BULLA_OK where the peer can verify what this credential
 * signs; else BULLA_E_NO_COMMON_SIGNATURE_SCHEME, or in TLS 1.2 BULLA_E_NO_COMMON_SUITE. What name
 * is asked for stands in bulla_connection_info. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_credential_fits(
    const bulla_connection *connection, const bulla_credential *credential);
/* A client may answer NULL: no certificate. A server that answers NULL fails the handshake. */
BULLA_API BULLA_MUST_CHECK bulla_cause
bulla_connection_answer_credential(bulla_connection *connection, bulla_credential *credential);

/* With BULLA_ASK_SESSION. While BULLA_EVENT_SESSION is the last event: the session's id (a server
 * is to store the state under it; a client's is empty) and its state, secret and to be kept so.
 * While BULLA_EVENT_SESSION_LOOKUP waits: the id, and no state. */
typedef struct bulla_session_view {
    bulla_bytes id;
    bulla_bytes state;
    uint32_t lifetime; /* seconds from now */
} bulla_session_view;
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_session(const bulla_connection *connection,
                                                                bulla_session_view *out);
/* `state` as it was stored (copied), or empty for an id that is not known: a full handshake. So is
 * BULLA_E_SESSION_MALFORMED for one that is no session's state: the answer was taken. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_answer_session(bulla_connection *connection,
                                                                       bulla_bytes state);
/* A client, before its first receive: offers a session that BULLA_EVENT_SESSION gave, instead of
 * one from the config's cache. A state that cannot be used with this name and config (or any more)
 * is BULLA_E_SESSION_UNUSABLE, one that is none BULLA_E_SESSION_MALFORMED, and the connection goes
 * on without. BULLA_E_API_MISUSE where the config neither has a cache nor BULLA_ASK_SESSION. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_resume(bulla_connection *connection,
                                                               bulla_bytes state);

/* What BULLA_EVENT_STRIKE asks: whether these 32 bytes were never seen before, which all who share
 * the ticket keys must remember for `window` seconds. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_strike(const bulla_connection *connection,
                                                               uint8_t out[32],
                                                               uint32_t *out_window);
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_answer_strike(bulla_connection *connection,
                                                                      int is_new);

/* A client: seals early data (0-RTT) as bulla_connection_send() does, after the first receive and
 * until BULLA_EVENT_HANDSHAKE_DONE, as much as the session allows; `data` keeps what it does not.
 * BULLA_E_EARLY_DATA_UNAVAILABLE where nothing may be sent early (any more). */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_send_early(bulla_connection *connection,
                                                                   bulla_bytes *data, uint8_t *out,
                                                                   size_t out_cap, size_t *out_len);
/* The early data that the server refused, whole, from BULLA_EVENT_HANDSHAKE_DONE on until a
 * bulla_connection_send() has taken all that it was given: for sending it again, where that is
 * right. Empty where the server took it. */
BULLA_API bulla_bytes bulla_connection_early_data_refused(const bulla_connection *connection);

/* The peer's certificates as sent, DER, the leaf at index 0; no bytes past the end. While
 * BULLA_EVENT_VERIFY waits: the whole chain. After the handshake, and with BULLA_EVENT_EARLY_DATA:
 * the leaf, of a resumed connection that of its full handshake. */
BULLA_API bulla_bytes bulla_connection_peer_certificate(const bulla_connection *connection,
                                                        size_t index);

/* The OCSP response that the peer stapled to its leaf, DER, while BULLA_EVENT_VERIFY waits; empty
 * for none. A client asks for it where its config's revocation mode is not OFF. */
BULLA_API bulla_bytes bulla_connection_ocsp_response(const bulla_connection *connection);

typedef enum bulla_early_data {
    BULLA_EARLY_DATA_NONE = 0, /* none was offered */
    BULLA_EARLY_DATA_OFFERED,  /* not answered yet */
    BULLA_EARLY_DATA_ACCEPTED,
    BULLA_EARLY_DATA_REFUSED,
} bulla_early_data;

typedef struct bulla_connection_info {
    uint16_t version;               /* BULLA_TLS_1_2 or _1_3; 0 until negotiated */
    uint16_t suite;                 /* 0 until negotiated */
    uint16_t group;                 /* 0 until negotiated */
    uint16_t peer_signature_scheme; /* 0 where the peer showed no certificate */
    int handshake_done;
    int hello_retried;
    int resumed;
    int extended_master_secret; /* RFC 7627, or TLS 1.3, which always has what it gives */
    bulla_early_data early_data;
    int peer_authenticated;  /* a chain was shown, proven and accepted */
    bulla_bytes server_name; /* SNI, as sent or received; valid as long as the connection */
    bulla_bytes alpn;        /* the protocol agreed on; empty for none */
} bulla_connection_info;

BULLA_API void bulla_connection_info_get(const bulla_connection *connection,
                                         bulla_connection_info *out);

/* What went over a connection so far. */
typedef struct bulla_statistics {
    uint64_t data_received, data_sent;       /* bytes of application data */
    uint64_t records_received, records_sent; /* all of them, the handshake's too */
    uint64_t bytes_received, bytes_sent;     /* on the wire, sealed and queued for it */
} bulla_statistics;

BULLA_API void bulla_connection_statistics(const bulla_connection *connection,
                                           bulla_statistics *out);

typedef struct bulla_failure {
    bulla_cause cause;
    bulla_alert alert_sent;     /* BULLA_ALERT_NONE for none */
    unsigned alert_received;    /* the peer's AlertDescription, or BULLA_ALERT_NONE */
    const bulla_report *report; /* of the peer's chain where that is what failed, else NULL */
} bulla_failure;

/* BULLA_OK as the cause while the connection has not failed. Valid as long as the connection. */
BULLA_API bulla_failure bulla_connection_failure(const bulla_connection *connection);

/* Channel bindings of RFC 9266 (tls-exporter: 32 bytes) and RFC 5929 (tls-server-end-point: the
 * hash of the server's certificate, up to 64 bytes). */
typedef enum bulla_channel_binding {
    BULLA_CHANNEL_BINDING_INVALID = 0,
    BULLA_CHANNEL_BINDING_EXPORTER,
    BULLA_CHANNEL_BINDING_SERVER_END_POINT,
} bulla_channel_binding;
enum { BULLA_CHANNEL_BINDING_LEN_MAX = 64 };
/* BULLA_E_CHANNEL_BINDING_UNDEFINED where the specification has none: tls-exporter over TLS 1.2
 * without extended master secret; tls-server-end-point of an Ed25519-signed certificate, and at a
 * server whose connection was resumed: it showed no certificate there. */
BULLA_API BULLA_MUST_CHECK bulla_cause
bulla_connection_channel_binding(const bulla_connection *connection, bulla_channel_binding kind,
                                 uint8_t out[BULLA_CHANNEL_BINDING_LEN_MAX], size_t *out_len);

/* Keying material for another protocol, RFC 8446 7.5 and RFC 5705: `len` bytes (at most 255 * 32)
 * that both sides compute alike from `label` and `context`. BULLA_E_API_MISUSE before the handshake
 * is done. TLS 1.2 tells an empty context from none (`data` NULL), has labels of its own that are
 * refused, and without extended master secret nothing to export:
 * BULLA_E_EXTENDED_MASTER_SECRET_MISSING. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_connection_export(const bulla_connection *connection,
                                                               bulla_bytes label,
                                                               bulla_bytes context, uint8_t *out,
                                                               size_t len);

/* "TLSv1.2", "TLSv1.3", "unknown". */
BULLA_API const char *bulla_version_name(uint16_t version);
/* The IANA name of a suite, group or signature scheme; "unknown" for others. */
BULLA_API const char *bulla_suite_name(uint16_t suite);
BULLA_API const char *bulla_group_name(uint16_t group);
BULLA_API const char *bulla_signature_scheme_name(uint16_t scheme);

#endif
