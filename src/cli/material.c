/* SPDX-License-Identifier: Apache-2.0 */
/* Reading of material.h. A chain is first read by itself, so that a complaint names the right one
 * of the two files. */
#include "cli/material.h"

#include "cli/exit.h"
#include "cli/trust_store.h"
#include "net/file.h"

#include <errno.h>
#include <sys/stat.h>

static bool is_folder(const char *path);
static bool read_file(struct file *out, const char *verb, const char *path);
static bulla_bytes first_line(const struct file *file);
static bool make_credential(bulla_credential **out, const char *verb,
                            const struct credential_files *files, const struct file *certificate,
                            const struct file *key, bulla_bytes password);
static bool complain(const char *verb, const char *path, bulla_cause cause);

bool material_credential(bulla_credential **out, const char *verb,
                         const struct credential_files *files) {
    struct file certificate = {0};
    struct file key = {0};
    struct file password = {0};
    const char *key_path = files->key == NULL ? files->certificate : files->key;
    bool ok = read_file(&certificate, verb, files->certificate) &&
              read_file(&key, verb, key_path) &&
              (files->password == NULL || read_file(&password, verb, files->password)) &&
              make_credential(out, verb, files, &certificate, &key, first_line(&password));
    file_free(&certificate);
    file_free(&key);
    file_free(&password);
    return ok;
}

bool material_trust(bulla_trust **out, const char *verb, const char *path) {
    struct file file = {0};
    size_t num_added;
    char problem[TRUST_STORE_PROBLEM_MAX];
    bulla_cause cause = bulla_trust_new(out);
    if (cause != BULLA_OK) {
        return complain(verb, "the trust store", cause);
    }
    if (path == NULL) {
        if (trust_store_load(*out, problem)) {
            return true;
        }
        (void)exit_with(EXIT_USAGE, verb, "%s", problem);
    } else if (is_folder(path)) {
        trust_store_add_folder(*out, path);
        if (bulla_trust_num_anchors(*out) != 0) {
            return true;
        }
        (void)complain(verb, path, BULLA_E_PEM_NOT_FOUND);
    } else if (read_file(&file, verb, path)) {
        cause = bulla_trust_add_pem(*out, file_bytes(&file), &num_added);
        file_free(&file);
        if (cause == BULLA_OK) {
            return true;
        }
        (void)complain(verb, path, cause);
    }
    bulla_trust_free(*out);
    *out = NULL;
    return false;
}

static bool make_credential(bulla_credential **out, const char *verb,
                            const struct credential_files *files, const struct file *certificate,
                            const struct file *key, bulla_bytes password) {
    const char *key_path = files->key == NULL ? files->certificate : files->key;
    bulla_credential *chain;
    bulla_cause cause = bulla_credential_new_remote(&chain, file_bytes(certificate));
    if (cause != BULLA_OK) {
        return complain(verb, files->certificate, cause);
    }
    bulla_credential_free(chain);
    cause = bulla_credential_new(out, file_bytes(certificate), file_bytes(key), password);
    if (cause == BULLA_E_KEY_ENCRYPTED) {
        (void)exit_with(EXIT_USAGE, verb,
                        "%s: %s: %s; name a file that holds the password: "
                        "--password-file FILE",
                        key_path, bulla_cause_about(cause)->name, bulla_cause_about(cause)->says);
        return false;
    }
    if (cause == BULLA_E_KEY_MISMATCH) {
        (void)exit_with(EXIT_USAGE, verb,
                        "%s: %s: this key does not belong to %s; give the key "
                        "that the certificate was requested with",
                        key_path, bulla_cause_about(cause)->name, files->certificate);
        return false;
    }
    return cause == BULLA_OK || complain(verb, key_path, cause);
}

static bool is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static bool read_file(struct file *out, const char *verb, const char *path) {
    if (file_read(out, path)) {
        return true;
    }
    const char *fix = errno == ENOENT   ? "check the path"
                      : errno == EACCES ? "check its owner and mode: ls -l"
                      : errno == EFBIG  ? "this is not a PEM file"
                                        : "give a PEM file";
    (void)exit_with(EXIT_USAGE, verb, "cannot read %s: %s; %s", path, strerror(errno), fix);
    return false;
}

static bulla_bytes first_line(const struct file *file) {
    size_t len = 0;
    while (len < file->len && file->bytes[len] != '\n' && file->bytes[len] != '\r') {
        len++;
    }
    return bytes_of(file->bytes, len);
}

static bool complain(const char *verb, const char *path, bulla_cause cause) {
    const bulla_cause_info *about = bulla_cause_about(cause);
    (void)exit_with(EXIT_USAGE, verb, "%s: %s: %s; %s", path, about->name, about->says, about->fix);
    return false;
}
