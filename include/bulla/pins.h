/* SPDX-License-Identifier: Apache-2.0 */
/* Pins: the SHA-256 of a certificate or of its SubjectPublicKeyInfo, each valid in a window of
 * time, so that an old and a new one overlap. They are looked at after path validation, never
 * instead of it, unless the set was made to be the only trust. */
#ifndef BULLA_PINS_H
#define BULLA_PINS_H

#include <bulla/error.h>

typedef struct bulla_pins bulla_pins;

typedef enum bulla_pin_kind {
    BULLA_PIN_INVALID = 0,
    BULLA_PIN_PUBLIC_KEY,  /* SHA-256 of the SubjectPublicKeyInfo */
    BULLA_PIN_CERTIFICATE, /* SHA-256 of the whole certificate */
} bulla_pin_kind;

enum { BULLA_PIN_LEN = 32 };

/* `alone`: 1 where these pins are the whole trust and no path is looked for (then only the leaf may
 * match, and its revocation is not asked, for no issuer is known that could answer); 0 where they
 * come on top of a path, and any certificate of it may match. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_pins_new(bulla_pins **out, int alone);

/* Adds a pin by its digest. The window is in seconds since 1970, ends included; INT64_MIN and
 * INT64_MAX stand for "always". A set in use needs at least two pins that are live: a lone pin
 * without a backup is BULLA_E_PINS_TOO_FEW when a validation looks at it. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_pins_add(bulla_pins *pins, bulla_pin_kind kind,
                                                      const uint8_t digest[BULLA_PIN_LEN],
                                                      int64_t not_before, int64_t not_after);

/* Reads the spellings in use: sha256/BASE64, sha256//BASE64 (curl; several with ;),
 * pin-sha256="BASE64" (RFC 7469), sha256:HEX, 64 hex digits (a certificate's), with colons or not.
 */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_pins_add_text(bulla_pins *pins, bulla_pin_kind kind,
                                                           bulla_bytes text, int64_t not_before,
                                                           int64_t not_after);
BULLA_API size_t bulla_pins_num(const bulla_pins *pins);
BULLA_API bulla_pins *bulla_pins_ref(bulla_pins *pins);
BULLA_API void bulla_pins_free(bulla_pins *pins);

#endif
