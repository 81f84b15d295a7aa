/* SPDX-License-Identifier: Apache-2.0 */
/* served.h. Whether something is new is asked of the files' digest: an event in a folder tells
 * little, and a bad file is complained of once, not at every look. */
#include "cli/served.h"

#include "cli/exit.h"
#include "cli/trust_store.h"
#include "crypto/hash.h"
#include "net/file.h"
#include "x509/certificate.h"
#include "x509/text.h"

#include <errno.h>
#include <sys/stat.h>

enum { SERIAL_TEXT_LEN = 128 };

/* What is wrong with a file: one of the two. */
struct fault {
    const char *path;
    int system_error;
    bulla_cause cause;
};

static bool load_pair(struct served_pair *pair, const char *verb);
static bool load_crls(struct served *served, const char *verb);
static bool reload_pair(struct served_pair *pair, const struct log *log);
static bool reload_trust(struct served *served, const struct log *log);
static bool reload_crls(struct served *served, const struct log *log);
static bool read_pair(bulla_credential **out, int64_t *out_not_after,
                      const struct served_pair *pair, struct fault *fault);
static bulla_cause leaf_of(const bulla_credential *credential, struct certificate *out);
static bool read_trust(bulla_trust **out, const char *path, struct fault *fault);
static bool read_crls(bulla_crls **out, const char *path, struct fault *fault);
static bool read_file(struct file *out, const char *path, struct fault *fault);
static bool is_folder(const char *path);
static bool is_new(uint8_t *digest, const char *const *paths, size_t num_paths);
static const char *key_path(const struct credential_files *files);
static bulla_bytes first_line(const struct file *file);
static void log_fault(const struct log *log, const struct fault *fault,
                      const struct served_pair *kept);
static void log_pair(struct log_line *line, const struct served_pair *pair);

bool served_load(struct served *served, const char *verb) {
    for (size_t i = 0; i < served->num_pairs; i++) {
        if (!load_pair(&served->pairs[i], verb)) {
            return false;
        }
    }
    if (served->client_ca != NULL) {
        (void)is_new(served->trust_digest, &served->client_ca, 1);
        if (!material_trust(&served->trust, verb, served->client_ca)) {
            return false;
        }
    }
    return served->crl == NULL || load_crls(served, verb);
}

void served_free(struct served *served) {
    for (size_t i = 0; i < served->num_pairs; i++) {
        bulla_credential_free(served->pairs[i].credential);
        served->pairs[i].credential = NULL;
    }
    bulla_trust_free(served->trust);
    bulla_crls_free(served->crls);
    served->trust = NULL;
    served->crls = NULL;
}

bool served_reload(struct served *served, const struct log *log) {
    bool changed = false;
    for (size_t i = 0; i < served->num_pairs; i++) {
        changed = reload_pair(&served->pairs[i], log) || changed;
    }
    changed = (served->client_ca != NULL && reload_trust(served, log)) || changed;
    changed = (served->crl != NULL && reload_crls(served, log)) || changed;
    return changed;
}

void served_log_renewed(struct served *served, const struct log *log) {
    struct log_line line;
    for (size_t i = 0; i < served->num_pairs; i++) {
        if (served->pairs[i].renewed) {
            log_begin(&line, LOG_INFO, "reloaded");
            log_text(&line, "file", served->pairs[i].files.certificate);
            log_pair(&line, &served->pairs[i]);
            log_end(log, &line);
            served->pairs[i].renewed = false;
        }
    }
    if (served->trust_renewed) {
        log_begin(&line, LOG_INFO, "reloaded");
        log_text(&line, "file", served->client_ca);
        log_number(&line, "num_client_cas", (int64_t)bulla_trust_num_anchors(served->trust));
        log_end(log, &line);
        served->trust_renewed = false;
    }
    if (served->crls_renewed) {
        log_begin(&line, LOG_INFO, "reloaded");
        log_text(&line, "file", served->crl);
        log_end(log, &line);
        served->crls_renewed = false;
    }
}

void served_watch(const struct served *served, struct file_watch *watch) {
    for (size_t i = 0; i < served->num_pairs; i++) {
        const struct credential_files *files = &served->pairs[i].files;
        file_watch_add(watch, files->certificate);
        file_watch_add(watch, key_path(files));
        if (files->password != NULL) {
            file_watch_add(watch, files->password);
        }
    }
    if (served->client_ca != NULL) {
        file_watch_add(watch, served->client_ca);
    }
    if (served->crl != NULL) {
        file_watch_add(watch, served->crl);
    }
}

int64_t served_not_after(const struct served *served) {
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < served->num_pairs; i++) {
        first = served->pairs[i].not_after < first ? served->pairs[i].not_after : first;
    }
    return first;
}

/* The digest first: a file that changes in between is then read once more, not once too few. */
static bool load_pair(struct served_pair *pair, const char *verb) {
    const char *paths[] = {pair->files.certificate, key_path(&pair->files), pair->files.password};
    struct certificate leaf;
    (void)is_new(pair->digest, paths, sizeof paths / sizeof paths[0]);
    if (!material_credential(&pair->credential, verb, &pair->files)) {
        return false;
    }
    pair->not_after = leaf_of(pair->credential, &leaf) == BULLA_OK ? leaf.not_after : INT64_MAX;
    return true;
}

static bool load_crls(struct served *served, const char *verb) {
    struct fault fault = {0};
    (void)is_new(served->crl_digest, &served->crl, 1);
    if (read_crls(&served->crls, served->crl, &fault)) {
        return true;
    }
    const bulla_cause_info *about = bulla_cause_about(fault.cause);
    if (fault.system_error != 0) {
        (void)exit_with(EXIT_USAGE, verb, "cannot read %s: %s; check the path", fault.path,
                        strerror(fault.system_error));
    } else {
        (void)exit_with(EXIT_USAGE, verb, "%s: %s: %s; %s", fault.path, about->name, about->says,
                        about->fix);
    }
    return false;
}

static bool reload_pair(struct served_pair *pair, const struct log *log) {
    const char *paths[] = {pair->files.certificate, key_path(&pair->files), pair->files.password};
    struct fault fault = {0};
    bulla_credential *credential;
    if (!is_new(pair->digest, paths, sizeof paths / sizeof paths[0])) {
        return false;
    }
    if (!read_pair(&credential, &pair->not_after, pair, &fault)) {
        log_fault(log, &fault, pair);
        return false;
    }
    bulla_credential_free(pair->credential);
    pair->credential = credential;
    pair->renewed = true;
    return true;
}

static bool reload_trust(struct served *served, const struct log *log) {
    struct fault fault = {0};
    bulla_trust *trust;
    if (!is_new(served->trust_digest, &served->client_ca, 1)) {
        return false;
    }
    if (!read_trust(&trust, served->client_ca, &fault)) {
        log_fault(log, &fault, NULL);
        return false;
    }
    bulla_trust_free(served->trust);
    served->trust = trust;
    served->trust_renewed = true;
    return true;
}

static bool reload_crls(struct served *served, const struct log *log) {
    struct fault fault = {0};
    bulla_crls *crls;
    if (!is_new(served->crl_digest, &served->crl, 1)) {
        return false;
    }
    if (!read_crls(&crls, served->crl, &fault)) {
        log_fault(log, &fault, NULL);
        return false;
    }
    bulla_crls_free(served->crls);
    served->crls = crls;
    served->crls_renewed = true;
    return true;
}

/* A pair that is fit to replace another. `out_not_after` is left as it is where it is not. */
static bool read_pair(bulla_credential **out, int64_t *out_not_after,
                      const struct served_pair *pair, struct fault *fault) {
    const struct credential_files *files = &pair->files;
    struct file chain = {0};
    struct file key = {0};
    struct file password = {0};
    struct certificate leaf;
    bool ok = false;
    if (read_file(&chain, files->certificate, fault) && read_file(&key, key_path(files), fault) &&
        (files->password == NULL || read_file(&password, files->password, fault))) {
        fault->path = files->certificate;
        fault->cause =
            bulla_credential_new(out, file_bytes(&chain), file_bytes(&key), first_line(&password));
        ok = fault->cause == BULLA_OK;
    }
    if (ok) {
        fault->cause = leaf_of(*out, &leaf);
        if (fault->cause == BULLA_OK && leaf.not_after < clock_now()) {
            fault->cause = BULLA_E_CERT_EXPIRED;
        }
        ok = fault->cause == BULLA_OK;
        if (ok) {
            *out_not_after = leaf.not_after;
        } else {
            bulla_credential_free(*out);
        }
    }
    file_free(&chain);
    file_free(&key);
    file_free(&password);
    return ok;
}

static bulla_cause leaf_of(const bulla_credential *credential, struct certificate *out) {
    return certificate_parse(out, bulla_credential_certificate(credential, 0));
}

static bool read_trust(bulla_trust **out, const char *path, struct fault *fault) {
    struct file file = {0};
    size_t num_added;
    fault->path = path;
    fault->cause = bulla_trust_new(out);
    if (fault->cause != BULLA_OK) {
        return false;
    }
    if (is_folder(path)) {
        trust_store_add_folder(*out, path);
        fault->cause = bulla_trust_num_anchors(*out) != 0 ? BULLA_OK : BULLA_E_PEM_NOT_FOUND;
    } else if (read_file(&file, path, fault)) {
        fault->cause = bulla_trust_add_pem(*out, file_bytes(&file), &num_added);
        file_free(&file);
    } else {
        fault->cause = BULLA_CAUSE_INVALID;
    }
    if (fault->cause != BULLA_OK) {
        bulla_trust_free(*out);
        return false;
    }
    return true;
}

/* PEM, or one CRL in DER. */
static bool read_crls(bulla_crls **out, const char *path, struct fault *fault) {
    struct file file = {0};
    size_t num_added;
    if (!read_file(&file, path, fault)) {
        return false;
    }
    fault->path = path;
    fault->cause = bulla_crls_new(out);
    if (fault->cause == BULLA_OK) {
        fault->cause = bulla_crls_add_pem(*out, file_bytes(&file), &num_added);
        if (fault->cause == BULLA_E_PEM_NOT_FOUND && file.len != 0 && file.bytes[0] == 0x30) {
            fault->cause = bulla_crls_add_der(*out, file_bytes(&file));
        }
        if (fault->cause != BULLA_OK) {
            bulla_crls_free(*out);
        }
    }
    file_free(&file);
    return fault->cause == BULLA_OK;
}

static bool read_file(struct file *out, const char *path, struct fault *fault) {
    if (!file_read(out, path)) {
        *fault = (struct fault){.path = path, .system_error = errno};
        return false;
    }
    return true;
}

static bool is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Compares the files' digest with `digest`, and puts it there. A folder is always new; NULL stands
 * for no file, and a file that cannot be read for a content of its own. */
static bool is_new(uint8_t *digest, const char *const *paths, size_t num_paths) {
    struct hash hash;
    uint8_t seen[SERVED_DIGEST_LEN];
    bool folder = false;
    hash_start(&hash, HASH_SHA256);
    for (size_t i = 0; i < num_paths; i++) {
        struct file file = {0};
        bool is_read = paths[i] != NULL && file_read(&file, paths[i]);
        uint64_t head[] = {file.len, is_read ? 1 : 0};
        hash_update(&hash, bytes_of((const uint8_t *)head, sizeof head));
        hash_update(&hash, file_bytes(&file));
        folder = folder || (paths[i] != NULL && is_folder(paths[i]));
        file_free(&file);
    }
    hash_finish(&hash, seen);
    bool same = bytes_equal(bytes_of(seen, sizeof seen), bytes_of(digest, SERVED_DIGEST_LEN));
    bytes_copy(digest, SERVED_DIGEST_LEN, bytes_of(seen, sizeof seen));
    return !same || folder;
}

static const char *key_path(const struct credential_files *files) {
    return files->key == NULL ? files->certificate : files->key;
}

static bulla_bytes first_line(const struct file *file) {
    size_t len = 0;
    while (len < file->len && file->bytes[len] != '\n' && file->bytes[len] != '\r') {
        len++;
    }
    return bytes_of(file->bytes, len);
}

static void log_fault(const struct log *log, const struct fault *fault,
                      const struct served_pair *kept) {
    const bulla_cause_info *about = bulla_cause_about(fault->cause);
    struct log_line line;
    log_begin(&line, LOG_ERROR, "reload_failed");
    log_text(&line, "file", fault->path);
    log_text(&line, "cause", fault->system_error != 0 ? "cannot_read" : about->name);
    log_text(&line, "says", fault->system_error != 0 ? strerror(fault->system_error) : about->says);
    log_text(&line, "fix", "the last good one is still served; replace the file with a good one");
    if (kept != NULL) {
        log_pair(&line, kept);
    }
    log_end(log, &line);
}

/* The certificate that is served now. */
static void log_pair(struct log_line *line, const struct served_pair *pair) {
    struct certificate leaf;
    char serial[SERIAL_TEXT_LEN];
    char until[CLOCK_TEXT_LEN];
    if (leaf_of(pair->credential, &leaf) != BULLA_OK) {
        return;
    }
    struct text text = text_into(serial, sizeof serial);
    text_add_serial(&text, leaf.serial);
    log_text(line, "serial", serial);
    log_text(line, "not_after", clock_timestamp(leaf.not_after, until));
}
