/* SPDX-License-Identifier: Apache-2.0 */
/* What a server serves with, read from files and read again when they change: certificates with
 * their keys, CAs for its clients, CRLs.
 *
 * Each of these is replaced by itself, and only by what is good: a certificate that parses, that
 * its key belongs to and that has not expired. Else the last good one goes on being served. */
#ifndef CLI_SERVED_H
#define CLI_SERVED_H

#include "cli/material.h"
#include "net/file_watch.h"
#include "net/log.h"
#include <bulla/revocation.h>

enum { SERVED_PAIRS_MAX = 16, SERVED_DIGEST_LEN = 32 };

struct served_pair {
    struct credential_files files;
    bulla_credential *credential;
    int64_t not_after;
    uint8_t digest[SERVED_DIGEST_LEN]; /* of the files as they were last looked at */
    bool renewed;                      /* taken over, and not told yet */
};

struct served {
    struct served_pair pairs[SERVED_PAIRS_MAX];
    size_t num_pairs;
    const char *client_ca, *crl; /* files (or a folder of CAs), NULL for none */
    bulla_trust *trust;
    bulla_crls *crls;
    uint8_t trust_digest[SERVED_DIGEST_LEN], crl_digest[SERVED_DIGEST_LEN];
    bool trust_renewed, crls_renewed;
};

/* Reads everything for the first time; the paths are set by then. False where something is wrong,
 * which has been said on stderr. served_free() it either way. */
BULLA_MUST_CHECK bool served_load(struct served *served, const char *verb);
void served_free(struct served *served);

/* Looks at the files again, and takes over what is new and good; a line in the log for each that
 * is new and not good. True where something was taken over: what is made of it is to be put in
 * place now, and then told. */
BULLA_MUST_CHECK bool served_reload(struct served *served, const struct log *log);
/* A line in the log for each that was taken over since the last time. */
void served_log_renewed(struct served *served, const struct log *log);

/* Has all the files watched. */
void served_watch(const struct served *served, struct file_watch *watch);

/* When the first of the certificates expires. */
int64_t served_not_after(const struct served *served);

#endif
