/* SPDX-License-Identifier: Apache-2.0 */
/* AlgorithmIdentifiers of signatures: RFC 3279, RFC 4055, RFC 5758, RFC 8410. */
#ifndef X509_ALGORITHM_H
#define X509_ALGORITHM_H

#include "base/writer.h"
#include "x509/certificate.h"

/* Takes a whole AlgorithmIdentifier apart. False where it is malformed; an algorithm that is not
 * supported, or too weak, leaves SIGNATURE_INVALID. */
BULLA_MUST_CHECK bool signature_algorithm_parse(struct signature_algorithm *out,
                                                bulla_bytes identifier);

/* The algorithm that a private key of this kind signs certificates with. */
struct signature_algorithm signature_algorithm_for(enum key_kind kind);

/* Writes the AlgorithmIdentifier of what signature_algorithm_for() gives. */
void signature_algorithm_write(struct writer *writer, const struct signature_algorithm *algorithm);

#endif
