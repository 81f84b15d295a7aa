/* SPDX-License-Identifier: Apache-2.0 */
/* CertificateVerify, RFC 8446 4.4.3: the proof that a peer holds its certificate's key. Signing may
 * be answered later, by somebody else. The two halves that all signatures of a handshake have in
 * common, TLS 1.2's too, are here: signing what is to be signed, and judging what the peer signed.
 */
#include "tls/flight.h"
#include "tls/messages.h"

#include <string.h>

static void signed_content(struct handshake *handshake, bulla_role signer);
static bulla_cause certificate_verify_build(bulla_connection *connection, struct writer *body);
static bool scheme_is_ours(const bulla_config *config, const struct signature_scheme *scheme);

bulla_cause certificate_verify_send(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    if (handshake->signature == NULL) {
        signed_content(handshake, connection->role);
        bulla_cause cause = handshake_sign(connection);
        if (cause != BULLA_OK || connection->waiting != WAITING_NOT) {
            return cause;
        }
    }
    return flight_send(connection, HANDSHAKE_CERTIFICATE_VERIFY, certificate_verify_build, NULL);
}

bulla_cause handshake_sign(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    uint8_t signature[SIGNATURE_LEN_MAX];
    if (handshake->credential->remote || (connection->config->ask & BULLA_ASK_SIGN) != 0) {
        connection->waiting = WAITING_SIGN;
        return BULLA_OK;
    }
    bulla_cause cause = private_key_sign(&handshake->credential->key, handshake->scheme->kind,
                                         handshake->scheme->hash, handshake->to_sign, signature,
                                         &handshake->signature_len);
    if (cause != BULLA_OK) {
        return BULLA_E_SIGNING_FAILED;
    }
    handshake->signature = bytes_duplicate(bytes_of(signature, handshake->signature_len));
    return handshake->signature == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

static bulla_cause certificate_verify_build(bulla_connection *connection, struct writer *body) {
    signature_write(connection->handshake, body);
    return BULLA_OK;
}

void signature_write(const struct handshake *handshake, struct writer *body) {
    writer_u16(body, handshake->scheme->code);
    writer_vector(body, 2, bytes_of(handshake->signature, handshake->signature_len));
}

bulla_cause certificate_verify_receive(bulla_connection *connection, bulla_bytes body,
                                       bulla_bytes whole) {
    struct handshake *handshake = connection->handshake;
    struct reader reader = reader_over(body);
    (void)whole;
    signed_content(handshake, connection->role == BULLA_CLIENT ? BULLA_SERVER : BULLA_CLIENT);
    return signature_receive(connection, &reader, handshake->to_sign);
}

bulla_cause signature_receive(bulla_connection *connection, struct reader *reader,
                              bulla_bytes content) {
    const struct certificate *leaf = &connection->handshake->leaf;
    struct public_key key = {.kind = KEY_KIND_INVALID};
    bulla_bytes signature;
    uint16_t code;
    if (!reader_u16(reader, &code) || !reader_vector16(reader, &signature)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (!reader_at_end(reader)) {
        return BULLA_E_MESSAGE_TRAILING_BYTES;
    }
    /* Of a chain that the caller judged this much is still asked, RFC 8446 4.4.2.2. */
    if (leaf->has_key_usage && (leaf->key_usage & KEY_USAGE_DIGITAL_SIGNATURE) == 0) {
        return BULLA_E_CERT_KEY_USAGE_NO_SIGNATURE;
    }
    const struct signature_scheme *scheme = signature_scheme_find(code);
    if (scheme == NULL || !scheme_is_ours(connection->config, scheme) ||
        !signature_scheme_fits(scheme, connection->version, leaf->key.kind, leaf->key.bits)) {
        return BULLA_E_SIGNATURE_SCHEME_ILLEGAL;
    }
    bulla_cause cause = certificate_public_key(leaf, &key);
    if (cause != BULLA_OK) {
        return cause;
    }
    cause = public_key_verify(&key, scheme->kind, scheme->hash, content, signature);
    public_key_free(&key);
    connection->peer_signature_scheme = code;
    return cause;
}

/* Either side names its config's schemes to its peer, and takes no other. */
static bool scheme_is_ours(const bulla_config *config, const struct signature_scheme *scheme) {
    for (size_t i = 0; i < config->num_schemes; i++) {
        if (config->schemes[i] == scheme) {
            return true;
        }
    }
    return false;
}

/* 64 spaces, a text that tells the two sides apart, a zero byte, the transcript's digest. */
static void signed_content(struct handshake *handshake, bulla_role signer) {
    static const char server[] = "TLS 1.3, server CertificateVerify";
    static const char client[] = "TLS 1.3, client CertificateVerify";
    uint8_t digest[HASH_LEN_MAX];
    uint8_t spaces[64];
    struct writer content =
        writer_into(handshake->signed_content, sizeof handshake->signed_content);
    memset(spaces, ' ', sizeof spaces);
    transcript_digest(&handshake->transcript, digest);
    writer_bytes(&content, BYTES_IN(spaces));
    writer_text(&content, signer == BULLA_SERVER ? server : client);
    writer_u8(&content, 0);
    writer_bytes(&content, bytes_of(digest, hash_len(handshake->transcript.chosen)));
    handshake->to_sign = bytes_of(content.buffer, content.len);
}
