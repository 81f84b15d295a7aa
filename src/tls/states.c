/* SPDX-License-Identifier: Apache-2.0 */
/* The edges of RFC 8446 appendix A and RFC 5246 7.3. tests/unit/states.c owns a second drawing of
 * the RFCs' figures and holds it against these tables. */
#include "tls/states.h"

#include "tls/messages.h"

/* Shorter, so that a row is a line. */
#define S(name) STATE_##name
#define M(name) HANDSHAKE_##name
#define NUM_ROWS(table) (sizeof(table) / sizeof(table)[0])

/* RFC 8446 A.1. */
static const struct edge client_edges[] = {
    {S(START), M(NONE), ALWAYS, NULL, client_hello_send, S(WAIT_SH), 0},
    {S(WAIT_SH), M(SERVER_HELLO), ALWAYS, server_hello_receive, NULL, S(RECVD_SH),
     CHANGES_READ_KEY | HASHED_BY_HANDLER},
    {S(RECVD_SH), M(NONE), IF_RETRY, NULL, client_hello_send, S(WAIT_SH), 0},
    {S(RECVD_SH), M(NONE), ALWAYS, NULL, server_hello_finish, S(WAIT_EE), 0},
    {S(WAIT_EE), M(ENCRYPTED_EXTENSIONS), ALWAYS, encrypted_extensions_receive, NULL, S(RECVD_EE),
     0},
    {S(RECVD_EE), M(NONE), IF_RESUMED, NULL, NULL, S(WAIT_FINISHED), 0},
    {S(RECVD_EE), M(NONE), ALWAYS, NULL, NULL, S(WAIT_CERT_CR), 0},
    {S(WAIT_CERT_CR), M(CERTIFICATE_REQUEST), ALWAYS, certificate_request_receive, NULL,
     S(WAIT_CERT), 0},
    {S(WAIT_CERT_CR), M(CERTIFICATE), ALWAYS, certificate_receive, NULL, S(RECVD_CERT), 0},
    {S(WAIT_CERT_CR), M(COMPRESSED_CERTIFICATE), ALWAYS, compressed_certificate_receive, NULL,
     S(RECVD_CERT), 0},
    {S(WAIT_CERT), M(CERTIFICATE), ALWAYS, certificate_receive, NULL, S(RECVD_CERT), 0},
    {S(WAIT_CERT), M(COMPRESSED_CERTIFICATE), ALWAYS, compressed_certificate_receive, NULL,
     S(RECVD_CERT), 0},
    {S(RECVD_CERT), M(NONE), ALWAYS, NULL, certificate_judge, S(WAIT_CV), 0},
    {S(WAIT_CV), M(CERTIFICATE_VERIFY), ALWAYS, certificate_verify_receive, NULL, S(WAIT_FINISHED),
     0},
    {S(WAIT_FINISHED), M(FINISHED), ALWAYS, finished_receive, NULL, S(RECVD_FINISHED),
     CHANGES_READ_KEY},
    {S(RECVD_FINISHED), M(NONE), ALWAYS, NULL, server_finished_received, S(SEND_EOED), 0},
    {S(SEND_EOED), M(NONE), IF_EARLY_DATA, NULL, end_of_early_data_send, S(SEND_FLIGHT2), 0},
    {S(SEND_EOED), M(NONE), ALWAYS, NULL, NULL, S(SEND_FLIGHT2), 0},
    {S(SEND_FLIGHT2), M(NONE), IF_CERTIFICATE_ASKED, NULL, credential_choose, S(SEND_CERT), 0},
    {S(SEND_FLIGHT2), M(NONE), ALWAYS, NULL, NULL, S(SEND_FINISHED), 0},
    {S(SEND_CERT), M(NONE), IF_CREDENTIAL, NULL, certificate_send, S(SEND_CV), 0},
    {S(SEND_CERT), M(NONE), ALWAYS, NULL, certificate_send, S(SEND_FINISHED), 0},
    {S(SEND_CV), M(NONE), ALWAYS, NULL, certificate_verify_send, S(SEND_FINISHED), 0},
    {S(SEND_FINISHED), M(NONE), ALWAYS, NULL, finished_send, S(CONNECTED), 0},
    {S(CONNECTED), M(NEW_SESSION_TICKET), ALWAYS, new_session_ticket_receive, NULL, S(CONNECTED),
     NOT_HASHED},
    {S(CONNECTED), M(KEY_UPDATE), ALWAYS, key_update_receive, NULL, S(CONNECTED),
     CHANGES_READ_KEY | NOT_HASHED},
};

/* RFC 8446 A.2. */
static const struct edge server_edges[] = {
    {S(START), M(CLIENT_HELLO), ALWAYS, client_hello_receive, NULL, S(RECVD_CH),
     CHANGES_READ_KEY | HASHED_BY_HANDLER},
    {S(RECVD_CH), M(NONE), IF_RETRY, NULL, hello_retry_request_send, S(START), 0},
    {S(RECVD_CH), M(NONE), ALWAYS, NULL, session_choose, S(SESSION_CHOSEN), 0},
    {S(SESSION_CHOSEN), M(NONE), IF_RESUMED, NULL, NULL, S(NEGOTIATED), 0},
    {S(SESSION_CHOSEN), M(NONE), ALWAYS, NULL, credential_choose, S(NEGOTIATED), 0},
    {S(NEGOTIATED), M(NONE), IF_RESUMED, NULL, server_hello_send, S(SEND_FINISHED), 0},
    {S(NEGOTIATED), M(NONE), ALWAYS, NULL, server_hello_send, S(SEND_CERT), 0},
    {S(SEND_CERT), M(NONE), ALWAYS, NULL, certificate_send, S(SEND_CV), 0},
    {S(SEND_CV), M(NONE), ALWAYS, NULL, certificate_verify_send, S(SEND_FINISHED), 0},
    {S(SEND_FINISHED), M(NONE), ALWAYS, NULL, finished_send, S(WAIT_FLIGHT2), 0},
    {S(WAIT_FLIGHT2), M(NONE), IF_EARLY_DATA, NULL, NULL, S(WAIT_EOED), 0},
    {S(WAIT_FLIGHT2), M(NONE), IF_CERTIFICATE_ASKED, NULL, NULL, S(WAIT_CERT), 0},
    {S(WAIT_FLIGHT2), M(NONE), ALWAYS, NULL, NULL, S(WAIT_FINISHED), 0},
    {S(WAIT_EOED), M(END_OF_EARLY_DATA), ALWAYS, end_of_early_data_receive, NULL, S(RECVD_EOED),
     CHANGES_READ_KEY},
    {S(RECVD_EOED), M(NONE), ALWAYS, NULL, NULL, S(WAIT_FINISHED), 0},
    {S(WAIT_CERT), M(CERTIFICATE), ALWAYS, certificate_receive, NULL, S(RECVD_CERT), 0},
    {S(WAIT_CERT), M(COMPRESSED_CERTIFICATE), ALWAYS, compressed_certificate_receive, NULL,
     S(RECVD_CERT), 0},
    {S(RECVD_CERT), M(NONE), IF_PEER_CERTIFICATE, NULL, certificate_judge, S(WAIT_CV), 0},
    {S(RECVD_CERT), M(NONE), ALWAYS, NULL, NULL, S(WAIT_FINISHED), 0},
    {S(WAIT_CV), M(CERTIFICATE_VERIFY), ALWAYS, certificate_verify_receive, NULL, S(WAIT_FINISHED),
     0},
    {S(WAIT_FINISHED), M(FINISHED), ALWAYS, finished_receive, NULL, S(RECVD_FINISHED),
     CHANGES_READ_KEY},
    {S(RECVD_FINISHED), M(NONE), ALWAYS, NULL, client_finished_received, S(SEND_TICKETS), 0},
    {S(SEND_TICKETS), M(NONE), ALWAYS, NULL, new_session_tickets_send, S(CONNECTED), 0},
    {S(CONNECTED), M(KEY_UPDATE), ALWAYS, key_update_receive, NULL, S(CONNECTED),
     CHANGES_READ_KEY | NOT_HASHED},
};

/* RFC 5246 7.3 and RFC 5077 3.1, from the ServerHello on. Whether the server sends a
 * CertificateStatus is its own choice even where it said that it would, RFC 6066 8. */
static const struct edge client_12_edges[] = {
    {S(RECVD_SH), M(NONE), IF_RESUMED, NULL, session_12_resume, S(WAIT_TICKET_CCS), 0},
    {S(RECVD_SH), M(NONE), ALWAYS, NULL, NULL, S(WAIT_CERT), 0},
    {S(WAIT_CERT), M(CERTIFICATE), ALWAYS, certificate_12_receive, NULL, S(WAIT_STATUS_SKE), 0},
    {S(WAIT_STATUS_SKE), M(CERTIFICATE_STATUS), ALWAYS, certificate_status_receive, NULL,
     S(WAIT_SKE), 0},
    {S(WAIT_STATUS_SKE), M(SERVER_KEY_EXCHANGE), ALWAYS, server_key_exchange_receive, NULL,
     S(RECVD_SKE), 0},
    {S(WAIT_SKE), M(SERVER_KEY_EXCHANGE), ALWAYS, server_key_exchange_receive, NULL, S(RECVD_SKE),
     0},
    {S(RECVD_SKE), M(NONE), ALWAYS, NULL, certificate_judge, S(WAIT_CR_SHD), 0},
    {S(WAIT_CR_SHD), M(CERTIFICATE_REQUEST), ALWAYS, certificate_request_12_receive, NULL,
     S(WAIT_SHD), 0},
    {S(WAIT_CR_SHD), M(SERVER_HELLO_DONE), ALWAYS, server_hello_done_receive, NULL, S(RECVD_SHD),
     0},
    {S(WAIT_SHD), M(SERVER_HELLO_DONE), ALWAYS, server_hello_done_receive, NULL, S(RECVD_SHD), 0},
    {S(RECVD_SHD), M(NONE), IF_CERTIFICATE_ASKED, NULL, credential_choose, S(SEND_CERT), 0},
    {S(RECVD_SHD), M(NONE), ALWAYS, NULL, NULL, S(SEND_CKE), 0},
    {S(SEND_CERT), M(NONE), ALWAYS, NULL, certificate_12_send, S(SEND_CKE), 0},
    {S(SEND_CKE), M(NONE), ALWAYS, NULL, client_key_exchange_send, S(SEND_CV), 0},
    {S(SEND_CV), M(NONE), IF_CREDENTIAL, NULL, certificate_verify_12_send, S(SEND_FINISHED), 0},
    {S(SEND_CV), M(NONE), ALWAYS, NULL, NULL, S(SEND_FINISHED), 0},
    {S(SEND_FINISHED), M(NONE), IF_RESUMED, NULL, finished_12_send, S(CONNECTED), 0},
    {S(SEND_FINISHED), M(NONE), ALWAYS, NULL, finished_12_send, S(WAIT_TICKET_CCS), 0},
    {S(WAIT_TICKET_CCS), M(NONE), IF_TICKET_PROMISED, NULL, NULL, S(WAIT_TICKET), 0},
    {S(WAIT_TICKET_CCS), M(NONE), ALWAYS, NULL, NULL, S(WAIT_CCS), 0},
    {S(WAIT_TICKET), M(NEW_SESSION_TICKET), ALWAYS, new_session_ticket_12_receive, NULL,
     S(WAIT_CCS), 0},
    {S(WAIT_CCS), M(CHANGE_CIPHER_SPEC), ALWAYS, change_cipher_spec_receive, NULL, S(WAIT_FINISHED),
     NOT_HASHED},
    {S(WAIT_FINISHED), M(FINISHED), ALWAYS, finished_12_receive, NULL, S(RECVD_FINISHED), 0},
    {S(RECVD_FINISHED), M(NONE), IF_RESUMED, NULL, NULL, S(SEND_FINISHED), 0},
    {S(RECVD_FINISHED), M(NONE), ALWAYS, NULL, NULL, S(CONNECTED), 0},
    {S(CONNECTED), M(HELLO_REQUEST), ALWAYS, hello_request_receive, NULL, S(CONNECTED), NOT_HASHED},
};

/* The same from the other side, after the ClientHello. */
static const struct edge server_12_edges[] = {
    {S(RECVD_CH), M(NONE), ALWAYS, NULL, session_choose, S(SESSION_CHOSEN), 0},
    {S(SESSION_CHOSEN), M(NONE), IF_RESUMED, NULL, NULL, S(NEGOTIATED), 0},
    {S(SESSION_CHOSEN), M(NONE), ALWAYS, NULL, credential_choose, S(NEGOTIATED), 0},
    {S(NEGOTIATED), M(NONE), IF_RESUMED, NULL, server_hello_12_send, S(SEND_FINISHED), 0},
    {S(NEGOTIATED), M(NONE), ALWAYS, NULL, server_hello_12_send, S(SEND_CERT), 0},
    {S(SEND_CERT), M(NONE), ALWAYS, NULL, certificate_12_send, S(SEND_SKE), 0},
    {S(SEND_SKE), M(NONE), ALWAYS, NULL, server_key_exchange_send, S(SEND_SHD), 0},
    {S(SEND_SHD), M(NONE), ALWAYS, NULL, server_hello_done_send, S(WAIT_FLIGHT2), 0},
    {S(WAIT_FLIGHT2), M(NONE), IF_CERTIFICATE_ASKED, NULL, NULL, S(WAIT_CERT), 0},
    {S(WAIT_FLIGHT2), M(NONE), ALWAYS, NULL, NULL, S(WAIT_CKE), 0},
    {S(WAIT_CERT), M(CERTIFICATE), ALWAYS, certificate_12_receive, NULL, S(RECVD_CERT), 0},
    {S(RECVD_CERT), M(NONE), IF_PEER_CERTIFICATE, NULL, certificate_judge, S(WAIT_CKE), 0},
    {S(RECVD_CERT), M(NONE), ALWAYS, NULL, NULL, S(WAIT_CKE), 0},
    {S(WAIT_CKE), M(CLIENT_KEY_EXCHANGE), ALWAYS, client_key_exchange_receive, NULL, S(RECVD_CKE),
     HASHED_BY_HANDLER},
    {S(RECVD_CKE), M(NONE), IF_PEER_CERTIFICATE, NULL, NULL, S(WAIT_CV), 0},
    {S(RECVD_CKE), M(NONE), ALWAYS, NULL, NULL, S(WAIT_CCS), 0},
    {S(WAIT_CV), M(CERTIFICATE_VERIFY), ALWAYS, certificate_verify_12_receive, NULL, S(WAIT_CCS),
     0},
    {S(WAIT_CCS), M(CHANGE_CIPHER_SPEC), ALWAYS, change_cipher_spec_receive, NULL, S(WAIT_FINISHED),
     NOT_HASHED},
    {S(WAIT_FINISHED), M(FINISHED), ALWAYS, finished_12_receive, NULL, S(RECVD_FINISHED), 0},
    {S(RECVD_FINISHED), M(NONE), IF_RESUMED, NULL, NULL, S(CONNECTED), 0},
    {S(RECVD_FINISHED), M(NONE), ALWAYS, NULL, NULL, S(SEND_FINISHED), 0},
    {S(SEND_FINISHED), M(NONE), IF_RESUMED, NULL, finished_12_send, S(WAIT_CCS), 0},
    {S(SEND_FINISHED), M(NONE), ALWAYS, NULL, finished_12_send, S(CONNECTED), 0},
    {S(CONNECTED), M(CLIENT_HELLO), ALWAYS, renegotiation_refuse, NULL, S(CONNECTED), NOT_HASHED},
};

static const char *const state_names[NUM_STATES] = {
    [STATE_INVALID] = "INVALID",
    [S(START)] = "START",
    [S(WAIT_SH)] = "WAIT_SH",
    [S(RECVD_SH)] = "RECVD_SH",
    [S(WAIT_EE)] = "WAIT_EE",
    [S(RECVD_EE)] = "RECVD_EE",
    [S(WAIT_CERT_CR)] = "WAIT_CERT_CR",
    [S(RECVD_CH)] = "RECVD_CH",
    [S(SESSION_CHOSEN)] = "SESSION_CHOSEN",
    [S(NEGOTIATED)] = "NEGOTIATED",
    [S(WAIT_FLIGHT2)] = "WAIT_FLIGHT2",
    [S(WAIT_EOED)] = "WAIT_EOED",
    [S(RECVD_EOED)] = "RECVD_EOED",
    [S(WAIT_CERT)] = "WAIT_CERT",
    [S(RECVD_CERT)] = "RECVD_CERT",
    [S(WAIT_CV)] = "WAIT_CV",
    [S(WAIT_FINISHED)] = "WAIT_FINISHED",
    [S(RECVD_FINISHED)] = "RECVD_FINISHED",
    [S(SEND_EOED)] = "SEND_EOED",
    [S(SEND_FLIGHT2)] = "SEND_FLIGHT2",
    [S(SEND_CERT)] = "SEND_CERT",
    [S(SEND_CV)] = "SEND_CV",
    [S(SEND_FINISHED)] = "SEND_FINISHED",
    [S(SEND_TICKETS)] = "SEND_TICKETS",
    [S(CONNECTED)] = "CONNECTED",
    [S(WAIT_STATUS_SKE)] = "WAIT_STATUS_SKE",
    [S(WAIT_SKE)] = "WAIT_SKE",
    [S(RECVD_SKE)] = "RECVD_SKE",
    [S(WAIT_CR_SHD)] = "WAIT_CR_SHD",
    [S(WAIT_SHD)] = "WAIT_SHD",
    [S(RECVD_SHD)] = "RECVD_SHD",
    [S(SEND_SKE)] = "SEND_SKE",
    [S(SEND_SHD)] = "SEND_SHD",
    [S(SEND_CKE)] = "SEND_CKE",
    [S(WAIT_CKE)] = "WAIT_CKE",
    [S(RECVD_CKE)] = "RECVD_CKE",
    [S(WAIT_TICKET_CCS)] = "WAIT_TICKET_CCS",
    [S(WAIT_TICKET)] = "WAIT_TICKET",
    [S(WAIT_CCS)] = "WAIT_CCS",
};

struct edges states_edges(bulla_role role, uint16_t version) {
    bool is_client = role == BULLA_CLIENT;
    if (version == BULLA_TLS_1_2) {
        return is_client ? (struct edges){client_12_edges, NUM_ROWS(client_12_edges)}
                         : (struct edges){server_12_edges, NUM_ROWS(server_12_edges)};
    }
    return is_client ? (struct edges){client_edges, NUM_ROWS(client_edges)}
                     : (struct edges){server_edges, NUM_ROWS(server_edges)};
}

const struct edge *states_find(bulla_role role, uint16_t version, enum state state,
                               enum handshake_type message) {
    struct edges edges = states_edges(role, version);
    for (size_t i = 0; i < edges.num_rows; i++) {
        if (edges.rows[i].state == state && edges.rows[i].message == message) {
            return &edges.rows[i];
        }
    }
    return NULL;
}

const char *state_name(enum state state) {
    return (unsigned)state < NUM_STATES ? state_names[state] : "INVALID";
}
