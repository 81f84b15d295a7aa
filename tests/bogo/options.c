/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the runner's flags; see options.h. A flag that stands here is obeyed, or cannot
 * matter to an engine of TLS 1.3 alone (those of the last part). All others are unimplemented. */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum flag_kind {
    FLAG_INVALID = 0,
    FLAG_SET,        /* a bool */
    FLAG_NUMBER,     /* an unsigned long */
    FLAG_TEXT,       /* a const char * */
    FLAG_LIST,       /* a struct number_list, one value for each time */
    FLAG_CREDENTIAL, /* begins another credential */
    FLAG_CHAIN,      /* files of the credential begun last */
    FLAG_KEY,
    FLAG_PASS, /* of no matter here */
    FLAG_PASS_VALUE,
};

struct flag {
    const char *name;
    enum flag_kind kind;
    size_t offset; /* of the field in struct options */
};

static const struct flag flags[] = {
    {"-server", FLAG_SET, offsetof(struct options, is_server)},
    {"-ipv6", FLAG_SET, offsetof(struct options, ipv6)},
    {"-port", FLAG_NUMBER, offsetof(struct options, port)},
    {"-shim-id", FLAG_NUMBER, offsetof(struct options, shim_id)},
    {"-resume-count", FLAG_NUMBER, offsetof(struct options, resume_count)},
    {"-is-handshaker-supported", FLAG_SET, offsetof(struct options, ask_handshaker)},
    {"-async", FLAG_SET, offsetof(struct options, byte_by_byte)},

    {"-min-version", FLAG_NUMBER, offsetof(struct options, min_version)},
    {"-max-version", FLAG_NUMBER, offsetof(struct options, max_version)},
    {"-new-x509-credential", FLAG_CREDENTIAL, 0},
    {"-cert-file", FLAG_CHAIN, 0},
    {"-key-file", FLAG_KEY, 0},
    {"-verify-peer", FLAG_SET, offsetof(struct options, request_client_certificate)},
    {"-require-any-client-certificate", FLAG_SET,
     offsetof(struct options, require_client_certificate)},
    {"-verify-fail", FLAG_SET, offsetof(struct options, refuse_chain)},
    {"-enable-ocsp-stapling", FLAG_SET, offsetof(struct options, ask_staple)},
    {"-curves", FLAG_LIST, offsetof(struct options, groups)},
    {"-key-shares", FLAG_LIST, offsetof(struct options, key_shares)},
    {"-max-send-fragment", FLAG_NUMBER, offsetof(struct options, record_size)},
    {"-host-name", FLAG_TEXT, offsetof(struct options, host_name)},
    {"-advertise-alpn", FLAG_TEXT, offsetof(struct options, advertise_alpn)},
    {"-select-alpn", FLAG_TEXT, offsetof(struct options, select_alpn)},
    {"-reject-alpn", FLAG_SET, offsetof(struct options, reject_alpn)},

    {"-shim-writes-first", FLAG_SET, offsetof(struct options, writes_first)},
    {"-shim-initial-write", FLAG_TEXT, offsetof(struct options, initial_write)},
    {"-repeat-shim-initial-write", FLAG_NUMBER, offsetof(struct options, num_initial_writes)},
    {"-shim-shuts-down", FLAG_SET, offsetof(struct options, shuts_down)},
    {"-check-close-notify", FLAG_SET, offsetof(struct options, check_close_notify)},
    {"-write-different-record-sizes", FLAG_SET, offsetof(struct options, different_record_sizes)},
    {"-handshake-never-done", FLAG_SET, offsetof(struct options, never_done)},
    {"-key-update", FLAG_SET, offsetof(struct options, update_key)},
    {"-key-update-before-read", FLAG_SET, offsetof(struct options, update_key_before_read)},
    {"-export-keying-material", FLAG_NUMBER, offsetof(struct options, export_len)},
    {"-export-label", FLAG_TEXT, offsetof(struct options, export_label)},
    {"-export-context", FLAG_TEXT, offsetof(struct options, export_context)},

    {"-expect-version", FLAG_NUMBER, offsetof(struct options, expect_version)},
    {"-expect-cipher", FLAG_NUMBER, offsetof(struct options, expect_suite)},
    {"-expect-curve-id", FLAG_NUMBER, offsetof(struct options, expect_group)},
    {"-expect-peer-signature-algorithm", FLAG_NUMBER, offsetof(struct options, expect_peer_scheme)},
    {"-expect-server-name", FLAG_TEXT, offsetof(struct options, expect_server_name)},
    {"-expect-alpn", FLAG_TEXT, offsetof(struct options, expect_alpn)},
    {"-expect-peer-cert-file", FLAG_TEXT, offsetof(struct options, expect_peer_file)},
    {"-expect-ocsp-response", FLAG_TEXT, offsetof(struct options, expect_staple)},
    {"-expect-hrr", FLAG_SET, offsetof(struct options, expect_retry)},
    {"-expect-no-hrr", FLAG_SET, offsetof(struct options, expect_no_retry)},
    {"-expect-no-peer-cert", FLAG_SET, offsetof(struct options, expect_no_peer)},

    /* Other ways to the same end in BoringSSL's interface. */
    {"-implicit-handshake", FLAG_PASS, 0},
    {"-handshake-twice", FLAG_PASS, 0},
    {"-no-op-extra-handshake", FLAG_PASS, 0},
    {"-partial-write", FLAG_PASS, 0},
    {"-read-size", FLAG_PASS_VALUE, 0},
    {"-use-early-callback", FLAG_PASS, 0},
    {"-install-ddos-callback", FLAG_PASS, 0},
    {"-use-old-client-cert-callback", FLAG_PASS, 0},
    {"-use-custom-verify-callback", FLAG_PASS, 0},
    {"-expect-verify-result", FLAG_PASS, 0},
    {"-trust-cert", FLAG_PASS_VALUE, 0},   /* the shim is asked about chains, and accepts them */
    {"-use-export-context", FLAG_PASS, 0}, /* no difference in TLS 1.3 */
    {"-expect-advertised-alpn", FLAG_PASS_VALUE, 0}, /* what is selected shows it */
    {"-decline-alpn", FLAG_PASS, 0},
    {"-server-preference", FLAG_PASS, 0},
    {"-no-ticket", FLAG_PASS, 0},
    {"-no-tls1", FLAG_PASS, 0},
    {"-no-tls11", FLAG_PASS, 0},
    {"-no-tls12", FLAG_PASS, 0},
    {"-no-legacy-server-connect", FLAG_PASS, 0},
    {"-renegotiate-once", FLAG_PASS, 0},
    {"-renegotiate-freely", FLAG_PASS, 0},
    {"-renegotiate-ignore", FLAG_PASS, 0},
    {"-renegotiate-explicit", FLAG_PASS, 0},
    {"-forbid-renegotiation-after-handshake", FLAG_PASS, 0},
    {"-expect-no-secure-renegotiation", FLAG_PASS, 0},
    {"-expect-no-session", FLAG_PASS, 0},
    {"-expect-no-session-id", FLAG_PASS, 0},
    {"-expect-no-offer-early-data", FLAG_PASS, 0},
};

static bool strip_prefix(const char **name, const char *prefix);
static const struct flag *flag_find(const char *name);
static bool takes_value(enum flag_kind kind);
static bool flag_set(struct options *out, const struct flag *flag, const char *value);
static bool number_parse(unsigned long *out, const char *text);
static bool list_add(struct number_list *out, const char *text);
static struct credential_files *credential_add(struct options *out);
static struct credential_files *credential_last(struct options *out);

bool options_parse(struct options *out, int argc, char **argv) {
    *out = (struct options){.num_initial_writes = 1, .initial_write = "hello"};
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        /* There is no handshaker, and no second connection. */
        bool applies = !strip_prefix(&name, "-on-handshaker") &&
                       !strip_prefix(&name, "-on-resume") && !strip_prefix(&name, "-on-retry");
        (void)strip_prefix(&name, "-on-shim");
        (void)strip_prefix(&name, "-on-initial");
        const struct flag *flag = flag_find(name);
        if (flag == NULL || (takes_value(flag->kind) && i + 1 == argc)) {
            return false;
        }
        const char *value = takes_value(flag->kind) ? argv[++i] : NULL;
        if (applies && !flag_set(out, flag, value)) {
            return false;
        }
    }
    return true;
}

/* "-on-shim-server" with the prefix "-on-shim" becomes "-server". */
static bool strip_prefix(const char **name, const char *prefix) {
    size_t len = strlen(prefix);
    if (strncmp(*name, prefix, len) != 0 || (*name)[len] != '-') {
        return false;
    }
    *name += len;
    return true;
}

static const struct flag *flag_find(const char *name) {
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(flags[i].name, name) == 0) {
            return &flags[i];
        }
    }
    return NULL;
}

static bool takes_value(enum flag_kind kind) {
    return kind != FLAG_SET && kind != FLAG_CREDENTIAL && kind != FLAG_PASS;
}

static bool flag_set(struct options *out, const struct flag *flag, const char *value) {
    void *field = (uint8_t *)out + flag->offset;
    struct credential_files *credential;
    switch (flag->kind) {
    case FLAG_SET:
        *(bool *)field = true;
        return true;
    case FLAG_NUMBER:
        return number_parse(field, value);
    case FLAG_TEXT:
        *(const char **)field = value;
        return true;
    case FLAG_LIST:
        return list_add(field, value);
    case FLAG_CREDENTIAL:
        return credential_add(out) != NULL;
    case FLAG_CHAIN:
    case FLAG_KEY:
        credential = credential_last(out);
        if (credential == NULL) {
            return false;
        }
        *(flag->kind == FLAG_CHAIN ? &credential->chain : &credential->key) = value;
        return true;
    case FLAG_PASS:
    case FLAG_PASS_VALUE:
        return true;
    case FLAG_INVALID:
        break;
    }
    return false;
}

static bool number_parse(unsigned long *out, const char *text) {
    char *end;
    errno = 0;
    *out = strtoul(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static bool list_add(struct number_list *out, const char *text) {
    unsigned long value;
    if (out->num_values == OPTION_LIST_MAX || !number_parse(&value, text) || value > UINT16_MAX) {
        return false;
    }
    out->values[out->num_values++] = (uint16_t)value;
    return true;
}

static struct credential_files *credential_add(struct options *out) {
    return out->num_credentials == OPTION_LIST_MAX ? NULL
                                                   : &out->credentials[out->num_credentials++];
}

static struct credential_files *credential_last(struct options *out) {
    return out->num_credentials == 0 ? credential_add(out)
                                     : &out->credentials[out->num_credentials - 1];
}
