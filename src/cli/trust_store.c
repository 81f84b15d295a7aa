/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the bundle. SSL_CERT_DIR is a list of folders, whose every file is read; those that hold
 * no certificate are passed over, as such folders hold links and notes too. */
#include "cli/trust_store.h"

#include "net/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH_LEN_MAX = 4096 };

static bool load_bundle(bulla_trust *trust, const char *path, char *problem);
static void load_folders(bulla_trust *trust, const char *folders);
static bool leads_to_neighbour(const char *path);
static bool is_set(const char *text);

bool trust_store_load(bulla_trust *trust, char *problem) {
    static const char *const bundles[] = {
        "/etc/ssl/certs/ca-certificates.crt",     /* Debian, Ubuntu, Arch, Gentoo */
        "/etc/pki/tls/certs/ca-bundle.crt",       /* Fedora, RHEL */
        "/etc/ssl/cert.pem",                      /* Alpine, macOS, OpenBSD */
        "/etc/ssl/ca-bundle.pem",                 /* openSUSE */
        "/usr/local/share/certs/ca-root-nss.crt", /* FreeBSD */
        "/opt/homebrew/etc/ca-certificates/cert.pem",
    };
    static const char *const system_folders[] = {
        "/etc/ssl/certs",     /* Debian, Alpine, openSUSE */
        "/etc/pki/tls/certs", /* Fedora, RHEL */
    };
    const char *file = getenv("SSL_CERT_FILE");
    const char *folders = getenv("SSL_CERT_DIR");
    if (is_set(folders)) {
        load_folders(trust, folders);
    }
    if (is_set(file)) {
        return load_bundle(trust, file, problem);
    }
    if (bulla_trust_num_anchors(trust) != 0) {
        return true;
    }
    for (size_t i = 0; !is_set(folders) && i < sizeof bundles / sizeof bundles[0]; i++) {
        if (load_bundle(trust, bundles[i], problem)) {
            return true;
        }
    }
    for (size_t i = 0; !is_set(folders) && i < sizeof system_folders / sizeof *system_folders;
         i++) {
        trust_store_add_folder(trust, system_folders[i]);
        if (bulla_trust_num_anchors(trust) != 0) {
            return true;
        }
    }
    snprintf(problem, TRUST_STORE_PROBLEM_MAX,
             "no CA certificates were found on this system; install the package ca-certificates, "
             "set SSL_CERT_FILE, or name a CA with --cacert FILE");
    return false;
}

void trust_store_add_folder(bulla_trust *trust, const char *folder) {
    DIR *listing = opendir(folder);
    const struct dirent *entry;
    while (listing != NULL && (entry = readdir(listing)) != NULL) {
        char path[PATH_LEN_MAX];
        char unused[TRUST_STORE_PROBLEM_MAX];
        int len = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.' && len > 0 && (size_t)len < sizeof path &&
            !leads_to_neighbour(path)) {
            bool loaded = load_bundle(trust, path, unused);
            (void)loaded;
        }
    }
    if (listing != NULL) {
        closedir(listing);
    }
}

static bool load_bundle(bulla_trust *trust, const char *path, char *problem) {
    struct file file;
    size_t num_added;
    if (!file_read(&file, path)) {
        snprintf(problem, TRUST_STORE_PROBLEM_MAX, "cannot read %s: %s; set SSL_CERT_FILE", path,
                 strerror(errno));
        return false;
    }
    bulla_cause cause = bulla_trust_add_pem(trust, file_bytes(&file), &num_added);
    file_free(&file);
    if (cause != BULLA_OK) {
        snprintf(problem, TRUST_STORE_PROBLEM_MAX, "%s: %s: %s; set SSL_CERT_FILE", path,
                 bulla_cause_about(cause)->name, bulla_cause_about(cause)->says);
    }
    return cause == BULLA_OK;
}

static void load_folders(bulla_trust *trust, const char *folders) {
    const char *start = folders;
    for (;;) {
        char folder[PATH_LEN_MAX];
        size_t len = strcspn(start, ":");
        if (len != 0 && len < sizeof folder) {
            snprintf(folder, sizeof folder, "%.*s", (int)len, start);
            trust_store_add_folder(trust, folder);
        }
        if (start[len] == '\0') {
            return;
        }
        start += len + 1;
    }
}

/* c_rehash's links, 1a2b3c4d.0, lead to files of the same folder, which are read anyway. */
static bool leads_to_neighbour(const char *path) {
    char target[PATH_LEN_MAX];
    ssize_t len = readlink(path, target, sizeof target - 1);
    if (len <= 0) {
        return false;
    }
    target[len] = '\0';
    return strchr(target, '/') == NULL;
}

static bool is_set(const char *text) {
    return text != NULL && text[0] != '\0';
}
