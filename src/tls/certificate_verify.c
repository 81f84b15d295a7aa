/* SPDX-License-Identifier: Apache-2.0 */
/* CertificateVerify, RFC 8446 4.4.3: the proof that a peer holds its certificate's key. Signing may
 * be answered later, by somebody else. */
#include "tls/flight.h"
#include "tls/messages.h"

#include <stdlib.h>
#include <string.h>

static void signed_content(struct handshake *handshake, bulla_role signer);
static bulla_cause certificate_verify_build(bulla_connection *connection, struct writer *body);
static bulla_cause sign_here(struct handshake *handshake);

bulla_cause certificate_verify_send(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    if (handshake->signature == NULL) {
        signed_content(handshake, connection->role);
        if (handshake->credential->remote || (connection->config->ask & BULLA_ASK_SIGN) != 0) {
            connection->waiting = WAITING_SIGN;
            return BULLA_OK;
        }
        bulla_cause cause = sign_here(handshake);
        if (cause != BULLA_OK) {
            return cause;
        }
    }
    return flight_send(connection, HANDSHAKE_CERTIFICATE_VERIFY, certificate_verify_build, NULL);
}

static bulla_cause sign_here(struct handshake *handshake) {
    uint8_t signature[SIGNATURE_LEN_MAX];
    bulla_cause cause = private_key_sign(
        &handshake->credential->key, handshake->scheme->kind, handshake->scheme->hash,
        bytes_of(handshake->signed_content, handshake->signed_content_len), signature,
        &handshake->signature_len);
    if (cause != BULLA_OK) {
        return BULLA_E_SIGNING_FAILED;
    }
    handshake->signature = bytes_duplicate(bytes_of(signature, handshake->signature_len));
    return handshake->signature == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

static bulla_cause certificate_verify_build(bulla_connection *connection, struct writer *body) {
    const struct handshake *handshake = connection->handshake;
    writer_u16(body, handshake->scheme->code);
    writer_vector(body, 2, bytes_of(handshake->signature, handshake->signature_len));
    return BULLA_OK;
}

bulla_cause certificate_verify_receive(bulla_connection *connection, bulla_bytes body,
                                       bulla_bytes whole) {
    struct handshake *handshake = connection->handshake;
    struct reader reader = reader_over(body);
    struct public_key key = {.kind = KEY_KIND_INVALID};
    bulla_bytes signature;
    uint16_t code;
    (void)whole;
    if (!reader_u16(&reader, &code) || !reader_vector16(&reader, &signature)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (!reader_at_end(&reader)) {
        return BULLA_E_MESSAGE_TRAILING_BYTES;
    }
    /* Of a chain that the caller judged this much is still asked, RFC 8446 4.4.2.2. */
    const struct certificate *leaf = &handshake->leaf;
    if (leaf->has_key_usage && (leaf->key_usage & KEY_USAGE_DIGITAL_SIGNATURE) == 0) {
        return BULLA_E_CERT_KEY_USAGE_NO_SIGNATURE;
    }
    const struct signature_scheme *scheme = signature_scheme_find(code);
    if (scheme == NULL || scheme->certificates_only || scheme->key != leaf->key.kind) {
        return BULLA_E_SIGNATURE_SCHEME_ILLEGAL;
    }
    bulla_cause cause = certificate_public_key(leaf, &key);
    if (cause != BULLA_OK) {
        return cause;
    }
    signed_content(handshake, connection->role == BULLA_CLIENT ? BULLA_SERVER : BULLA_CLIENT);
    cause = public_key_verify(&key, scheme->kind, scheme->hash,
                              bytes_of(handshake->signed_content, handshake->signed_content_len),
                              signature);
    public_key_free(&key);
    connection->peer_signature_scheme = code;
    return cause;
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
    handshake->signed_content_len = content.len;
}
