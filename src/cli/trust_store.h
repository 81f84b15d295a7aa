/* SPDX-License-Identifier: Apache-2.0 */
/* The system's trust store: the CAs that the machine's owner trusts. */
#ifndef CLI_TRUST_STORE_H
#define CLI_TRUST_STORE_H

#include <bulla/trust.h>
#include <stdbool.h>

enum { TRUST_STORE_PROBLEM_MAX = 512 };

/* Loads what SSL_CERT_FILE and SSL_CERT_DIR name, or else the first bundle that is found where
 * Debian, Fedora, Alpine, openSUSE, FreeBSD and macOS keep theirs. False with one line in
 * `problem` (TRUST_STORE_PROBLEM_MAX bytes). */
BULLA_MUST_CHECK bool trust_store_load(bulla_trust *trust, char *problem);

/* Adds every PEM file of a folder; what holds no CA is passed over. */
void trust_store_add_folder(bulla_trust *trust, const char *folder);

#endif
