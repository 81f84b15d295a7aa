/* SPDX-License-Identifier: Apache-2.0 */
/* Holding a chain against a set of pins (bulla/pins.h), and writing pins the way that people paste
 * them. The validator asks, once a path has been found; `bulla pin` prints. */
#ifndef X509_PINS_H
#define X509_PINS_H

#include "base/writer.h"
#include "x509/certificate.h"
#include <bulla/pins.h>

/* Where every pin that matches ends within this time, its successor should have been in use by now:
 * the two are meant to overlap for so long. In seconds. */
enum { PINS_OVERLAP = 30 * 86400 };

struct pins_outcome {
    bulla_cause cause;   /* BULLA_OK, _E_PINS_TOO_FEW or _E_PIN_MISMATCH */
    size_t matched;      /* BULLA_OK: the place on the path of the certificate that matched */
    bool expiring_only;  /* BULLA_OK, but every pin that matches ends within PINS_OVERLAP */
    int64_t not_after;   /* BULLA_OK: when the last of the pins that match ends */
    int64_t valid_until; /* BULLA_OK: when this chain is refused for the first time: by then that
                          * pin has ended, or its backup */
    bool outside_window; /* _PIN_MISMATCH: a pin does match, but not at this time */
};

/* Returns out->cause. `path` begins with the leaf and ends with the anchor; of pins that are alone
 * only the leaf is looked at. NULL pins ask for nothing. */
BULLA_MUST_CHECK bulla_cause pins_check(const bulla_pins *pins,
                                        const struct certificate *const *path, size_t num_path,
                                        int64_t now, struct pins_outcome *out);

/* True where these pins are the whole trust. NULL is not. */
bool pins_are_alone(const bulla_pins *pins);

/* The pin of a certificate: BULLA_PIN_LEN bytes. */
void pins_digest(const struct certificate *certificate, bulla_pin_kind kind, uint8_t *out);

/* SET_DIGEST_LEN bytes that say which pins these are, when each begins and ends, and whether they
 * are alone; whatever their order. */
BULLA_MUST_CHECK bulla_cause pins_digest_all(const bulla_pins *pins, uint8_t *out);

enum pins_spelling {
    PINS_SPELLING_INVALID = 0,
    PINS_SPELLING_SLASH,       /* sha256/BASE64, OkHttp's and ours */
    PINS_SPELLING_CURL,        /* sha256//BASE64 */
    PINS_SPELLING_HEADER,      /* pin-sha256="BASE64", RFC 7469 2.1 */
    PINS_SPELLING_COLON,       /* sha256:HEX */
    PINS_SPELLING_FINGERPRINT, /* AA:BB:..., as openssl x509 -fingerprint has it */
    PINS_SPELLING_HEX,         /* 64 hex digits */
    PINS_SPELLING_APPLE,       /* an entry of NSPinnedDomains */
    PINS_SPELLING_ANDROID,     /* an element of a <pin-set> */
    PINS_NUM_SPELLINGS
};

/* Writes a pin, without a line's end. False, and nothing written, where pins of this kind are not
 * spelt so: HPKP, curl, OkHttp, Apple and Android know public keys alone, but what reads
 * PINS_SPELLING_SLASH here takes both. */
BULLA_MUST_CHECK bool pins_print(bulla_pin_kind kind, const uint8_t *digest,
                                 enum pins_spelling spelling, struct writer *writer);

#endif
