/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys as files hold them: PKCS#8 (RFC 5958), also encrypted (RFC 8018: PBES2 with PBKDF2
 * or scrypt, AES-CBC); SEC1 (RFC 5915); PKCS#1 (RFC 8017). */
#ifndef DER_PRIVATE_KEY_H
#define DER_PRIVATE_KEY_H

#include "base/writer.h"
#include "crypto/signature.h"
#include "der/pem.h"

/* Finds the first private key in a PEM text. An empty password is none. BULLA_E_PEM_NOT_FOUND,
 * _PEM_MALFORMED, _KEY_ENCRYPTED (no password given), _KEY_PASSWORD_WRONG,
 * _KEY_ENCRYPTION_UNSUPPORTED, _KEY_UNSUPPORTED, _KEY_MALFORMED. */
BULLA_MUST_CHECK bulla_cause private_key_from_pem(struct private_key *out, bulla_bytes pem,
                                                  bulla_bytes password);

/* The same for one block that was read already; BULLA_E_PEM_NOT_FOUND where its label is not that
 * of a private key. */
BULLA_MUST_CHECK bulla_cause private_key_from_block(struct private_key *out,
                                                    const struct pem_block *block,
                                                    bulla_bytes password);

/* Writes an EC or Ed25519 key, given as private_key_draw() made it, as unencrypted PKCS#8 DER. */
BULLA_MUST_CHECK bulla_cause private_key_write_pkcs8(enum key_kind kind, bulla_bytes secret,
                                                     struct writer *out_der);

/* The same, encrypted: PBES2, PBKDF2-HMAC-SHA256 (600,000 iterations), AES-256-CBC. */
BULLA_MUST_CHECK bulla_cause private_key_write_pkcs8_encrypted(enum key_kind kind,
                                                               bulla_bytes secret,
                                                               bulla_bytes password,
                                                               const struct random_source *random,
                                                               struct writer *out_der);

#endif
