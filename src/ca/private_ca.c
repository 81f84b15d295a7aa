/* SPDX-License-Identifier: Apache-2.0 */
/* The order of private_ca.h: root, intermediate, leaves, each one judged against its issuer. A
 * renewed certificate always has a new key. Called by `bulla up`, at the start and while it runs.
 */
#include "ca/private_ca.h"

#include "crypto/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)

enum { BACKDATE = 60 /* seconds, for peers whose clock is behind */ };

struct plan {
    const char *name;    /* of the files */
    const char *subject; /* CN; a root's and an intermediate's get a random mark */
    int64_t life;        /* seconds */
    enum private_ca_part issuer;
};

static const struct plan plans[PRIVATE_CA_NUM_PARTS] = {
    [PRIVATE_CA_ROOT] = {"ca", "bulla root", 3650 * DAY, PRIVATE_CA_ROOT},
    [PRIVATE_CA_INTERMEDIATE] = {"intermediate", "bulla intermediate", 365 * DAY, PRIVATE_CA_ROOT},
    [PRIVATE_CA_SERVER] = {"server", "localhost", DAY, PRIVATE_CA_INTERMEDIATE},
    [PRIVATE_CA_CLIENT] = {"client", "client", DAY, PRIVATE_CA_INTERMEDIATE},
};

struct work {
    struct private_ca_report *report;
    struct certified_key pairs[PRIVATE_CA_NUM_PARTS];
    int64_t now;
    const struct random_source *random;
};

static bool make_folder(const char *folder, char *problem);
static int lock_folder(const char *folder);
static bool name_files(struct private_ca_report *report, const char *folder);
static bool prepare_part(struct work *work, enum private_ca_part part);
static bool keep_root(struct work *work, enum certified_key_state state, bool *out_keep);
static bool is_fresh(const struct work *work, enum private_ca_part part);
static bool make_part(struct work *work, enum private_ca_part part);
static void add_names(struct issue_request *request, enum private_ca_part part);
static bool mark(char *out, size_t cap, const char *subject, const struct random_source *random);

bool private_ca_prepare(struct private_ca_report *out, const char *folder, int64_t now,
                        const struct random_source *random) {
    *out = (struct private_ca_report){0};
    if (!name_files(out, folder) || !make_folder(folder, out->problem)) {
        return false;
    }
    struct work work = {.report = out, .now = now, .random = random};
    bool ok = true;
    int lock = lock_folder(folder);
    for (int part = PRIVATE_CA_ROOT; ok && part < PRIVATE_CA_NUM_PARTS; part++) {
        ok = prepare_part(&work, (enum private_ca_part)part);
        out->parts[part].not_after = work.pairs[part].certificate.not_after;
    }
    if (lock >= 0) {
        close(lock);
    }
    if (ok) {
        hash_once(HASH_SHA256, work.pairs[PRIVATE_CA_ROOT].certificate.der, out->root_sha256);
    }
    for (int part = PRIVATE_CA_ROOT; part < PRIVATE_CA_NUM_PARTS; part++) {
        certified_key_free(&work.pairs[part]);
    }
    return ok;
}

static bool make_folder(const char *folder, char *problem) {
    if (mkdir(folder, 0700) == 0) {
        return true;
    }
    struct stat about;
    if (errno == EEXIST && stat(folder, &about) == 0 && S_ISDIR(about.st_mode)) {
        return true;
    }
    snprintf(problem, CERTIFIED_KEY_PROBLEM_MAX,
             "cannot make the folder %s: %s; give another one with --dir, or make the folder above "
             "it",
             folder, strerror(errno));
    return false;
}

/* Of two that start at once, one would keep its key and the other its certificate: the second waits
 * and finds the first one's files. The lock goes with its descriptor. Returns -1 where the file
 * system has no locks. */
static int lock_folder(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool name_files(struct private_ca_report *report, const char *folder) {
    for (int part = PRIVATE_CA_ROOT; part < PRIVATE_CA_NUM_PARTS; part++) {
        struct certified_key_files *files = &report->parts[part].files;
        int a = snprintf(files->certificate, CERTIFIED_KEY_PATH_MAX, "%s/%s.crt", folder,
                         plans[part].name);
        int b = snprintf(files->key, CERTIFIED_KEY_PATH_MAX, "%s/%s.key", folder, plans[part].name);
        if (a < 0 || a >= CERTIFIED_KEY_PATH_MAX || b < 0 || b >= CERTIFIED_KEY_PATH_MAX) {
            snprintf(report->problem, sizeof report->problem,
                     "the folder's name is too long; give a shorter one with --dir");
            return false;
        }
    }
    return true;
}

static bool prepare_part(struct work *work, enum private_ca_part part) {
    struct certified_key *pair = &work->pairs[part];
    enum certified_key_state state =
        certified_key_load(pair, &work->report->parts[part].files, work->report->problem);
    if (state == CERTIFIED_KEY_BROKEN) {
        return false;
    }
    bool keep = state == CERTIFIED_KEY_GOOD && is_fresh(work, part);
    if (part == PRIVATE_CA_ROOT && !keep_root(work, state, &keep)) {
        return false;
    }
    if (keep) {
        return true;
    }
    certified_key_free(pair);
    return make_part(work, part);
}

/* A root without its key still serves while nothing is to be issued by it: some people keep the
 * key elsewhere. A key without its certificate is what a crash at the first start leaves. */
static bool keep_root(struct work *work, enum certified_key_state state, bool *out_keep) {
    struct private_ca_report *report = work->report;
    const struct certified_key_files *files = &report->parts[PRIVATE_CA_ROOT].files;
    const struct certificate *root = &work->pairs[PRIVATE_CA_ROOT].certificate;
    *out_keep = state == CERTIFIED_KEY_GOOD || state == CERTIFIED_KEY_NO_KEY;
    if (state == CERTIFIED_KEY_MISMATCH) {
        snprintf(report->problem, sizeof report->problem,
                 "%s: %s: the CA's key does not belong to its certificate; restore the right one, "
                 "or remove both to begin anew with another CA",
                 files->key, bulla_cause_about(BULLA_E_KEY_MISMATCH)->name);
        return false;
    }
    if (*out_keep && root->not_after <= work->now) {
        snprintf(report->problem, sizeof report->problem,
                 "%s: %s: the CA has expired; remove it and its key to begin anew with another CA",
                 files->certificate, bulla_cause_about(BULLA_E_CERT_EXPIRED)->name);
        return false;
    }
    return true;
}

/* Issued by the issuer at hand, valid already, and not past two thirds of its life; or all of it
 * where the issuer's key is not there to renew it. */
static bool is_fresh(const struct work *work, enum private_ca_part part) {
    const struct certified_key *pair = &work->pairs[part];
    const struct certified_key *issuer = &work->pairs[plans[part].issuer];
    const struct certificate *certificate = &pair->certificate;
    int64_t life = certificate->not_after - certificate->not_before;
    bool renewable = issuer->key.kind != KEY_KIND_INVALID;
    int64_t age = work->now - certificate->not_before;
    return age >= 0 && age < (renewable ? life - life / 3 : life) &&
           certified_key_is_issued_by(pair, issuer);
}

static bool make_part(struct work *work, enum private_ca_part part) {
    struct private_ca_report *report = work->report;
    const struct plan *plan = &plans[part];
    const struct certified_key *issuer = &work->pairs[plan->issuer];
    bool is_root = part == PRIVATE_CA_ROOT;
    bool is_ca = is_root || part == PRIVATE_CA_INTERMEDIATE;
    char subject[64];
    if (!is_root && issuer->key.kind == KEY_KIND_INVALID) {
        snprintf(report->problem, sizeof report->problem,
                 "%s is missing, and %s is to be made with it; restore it, or remove %s to begin "
                 "anew with another CA",
                 report->parts[plan->issuer].files.key, report->parts[part].files.certificate,
                 report->parts[plan->issuer].files.certificate);
        return false;
    }
    if (!mark(subject, sizeof subject, plan->subject, is_ca ? work->random : NULL)) {
        snprintf(report->problem, sizeof report->problem,
                 "%s; check that the system's random source works",
                 bulla_cause_about(BULLA_E_RANDOM_FAILED)->says);
        return false;
    }
    struct issue_request request = {
        .common_name = subject,
        .organization = "bulla",
        .not_before = work->now - BACKDATE,
        .not_after = work->now + plan->life,
        .is_ca = is_ca,
        .path_len = is_root ? 1 : 0,
        .server_auth = part == PRIVATE_CA_SERVER,
        .client_auth = part == PRIVATE_CA_CLIENT,
    };
    if (!is_root && request.not_after > issuer->certificate.not_after) {
        request.not_after = issuer->certificate.not_after;
    }
    add_names(&request, part);
    report->parts[part].made =
        certified_key_make(&work->pairs[part], &report->parts[part].files, &request,
                           is_root ? NULL : issuer, !is_ca, work->random, report->problem);
    return report->parts[part].made;
}

static void add_names(struct issue_request *request, enum private_ca_part part) {
    static const uint8_t loopback4[4] = {127, 0, 0, 1};
    static const uint8_t loopback6[16] = {[15] = 1};
    if (part == PRIVATE_CA_SERVER) {
        request->names[0] = (bulla_name){BULLA_NAME_DNS, BYTES_OF("localhost")};
        request->names[1] = (bulla_name){BULLA_NAME_IP, BYTES_IN(loopback4)};
        request->names[2] = (bulla_name){BULLA_NAME_IP, BYTES_IN(loopback6)};
        request->num_names = 3;
    } else if (part == PRIVATE_CA_CLIENT) {
        request->names[0] = (bulla_name){BULLA_NAME_URI, BYTES_OF("spiffe://bulla.local/client")};
        request->num_names = 1;
    }
}

/* Two CAs of one name but different keys make verifiers say "bad signature" where "unknown CA" is
 * meant: four random bytes keep the names apart. */
static bool mark(char *out, size_t cap, const char *subject, const struct random_source *random) {
    uint8_t drawn[4];
    if (random == NULL) {
        snprintf(out, cap, "%s", subject);
        return true;
    }
    if (!random_fill(random, drawn, sizeof drawn)) {
        return false;
    }
    snprintf(out, cap, "%s %02x%02x%02x%02x", subject, drawn[0], drawn[1], drawn[2], drawn[3]);
    return true;
}
