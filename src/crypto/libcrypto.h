/* SPDX-License-Identifier: Apache-2.0 */
/* Included first by every file of this folder that calls libcrypto, and by no other.
 *
 * Hashes, curve points and RSA go through libcrypto's low-level doors. OpenSSL 3 marks these as
 * deprecated, but 3.0 to 3.5 and AWS-LC all have them, and on OpenSSL 3.0 they cost a third of the
 * EVP doors or less: they allocate little, take no lock, and look no algorithm up by its name. */
#ifndef CRYPTO_LIBCRYPTO_H
#define CRYPTO_LIBCRYPTO_H

#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/opensslv.h>

#if OPENSSL_VERSION_NUMBER < 0x30000000L && !defined(OPENSSL_IS_AWSLC)
#error "bulla needs OpenSSL 3.0 or later"
#endif

#endif
