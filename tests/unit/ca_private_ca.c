/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of `bulla up` over time: made, kept, renewed at two thirds, mended; the root's rules.
 */
#include "ca/private_ca.h"

#include "base/random.h"
#include "net/file.h"
#include "support/check.h"
#include <bulla/credential.h>
#include <bulla/report.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define START INT64_C(1800000000)
#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)

enum { ROOT = 1, INTERMEDIATE = 2, SERVER = 4, CLIENT = 8, ALL = 15 };

struct folder {
    char above[64], path[80];
    uint64_t seed;
    struct random_source random;
    struct private_ca_report report;
};

static bool fill(void *context, uint8_t *out, size_t len) {
    uint64_t *seed = context;
    for (size_t i = 0; i < len; i++) {
        *seed = *seed * 6364136223846793005U + 1442695040888963407U;
        out[i] = (uint8_t)(*seed >> 56);
    }
    return true;
}

static int set_up(void **state) {
    struct folder *folder = calloc(1, sizeof *folder);
    assert_non_null(folder);
    snprintf(folder->above, sizeof folder->above, "/tmp/bulla-ca-XXXXXX");
    assert_non_null(mkdtemp(folder->above));
    snprintf(folder->path, sizeof folder->path, "%s/ca", folder->above);
    folder->seed = 7;
    folder->random = (struct random_source){.fill = fill, .context = &folder->seed};
    *state = folder;
    return 0;
}

static const char *at(const struct folder *folder, const char *name, char *path, size_t cap) {
    snprintf(path, cap, "%s/%s", folder->path, name);
    return path;
}

static int tear_down(void **state) {
    static const char *const names[] = {"ca", "intermediate", "server", "client", "kept", "other"};
    struct folder *folder = *state;
    char path[128];
    char name[32];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(name, sizeof name, "%s.crt", names[i]);
        unlink(at(folder, name, path, sizeof path));
        snprintf(name, sizeof name, "%s.key", names[i]);
        unlink(at(folder, name, path, sizeof path));
    }
    if (strcmp(folder->path, folder->above) != 0) {
        rmdir(folder->path);
    }
    assert_int_equal(rmdir(folder->above), 0); /* no file beside the known ones was left */
    free(folder);
    return 0;
}

/* Which parts were made, as a set of bits. */
static int prepare(struct folder *folder, int64_t now) {
    int made = 0;
    if (!private_ca_prepare(&folder->report, folder->path, now, &folder->random)) {
        fail_msg("%s", folder->report.problem);
    }
    for (int part = 0; part < PRIVATE_CA_NUM_PARTS; part++) {
        made |= folder->report.parts[part].made ? 1 << part : 0;
    }
    return made;
}

static void refuses(struct folder *folder, int64_t now, const char *file) {
    assert_false(private_ca_prepare(&folder->report, folder->path, now, &folder->random));
    assert_non_null(strstr(folder->report.problem, file));
    assert_null(strchr(folder->report.problem, '\n'));
    assert_non_null(strchr(folder->report.problem, ';'));
}

static void move(const struct folder *folder, const char *from, const char *to) {
    char from_path[128];
    char to_path[128];
    assert_int_equal(rename(at(folder, from, from_path, sizeof from_path),
                            at(folder, to, to_path, sizeof to_path)),
                     0);
}

static struct file load(const struct folder *folder, const char *name) {
    struct file file;
    char path[128];
    assert_true(file_read(&file, at(folder, name, path, sizeof path)));
    return file;
}

/* The whole way: the PEM files as a credential, its chain against ca.crt. */
static bulla_cause verify(const struct folder *folder, const char *certificate, const char *key,
                          bulla_purpose purpose, bulla_name name, int64_t now) {
    struct file chain_file = load(folder, certificate);
    struct file key_file = load(folder, key);
    struct file root_file = load(folder, "ca.crt");
    bulla_credential *credential;
    bulla_trust *trust;
    size_t num_added;
    assert_int_equal(bulla_credential_new(&credential, file_bytes(&chain_file),
                                          file_bytes(&key_file), bytes_of(NULL, 0)),
                     BULLA_OK);
    assert_int_equal(bulla_trust_new(&trust), BULLA_OK);
    assert_int_equal(bulla_trust_add_pem(trust, file_bytes(&root_file), &num_added), BULLA_OK);
    const bulla_bytes chain[] = {bulla_credential_certificate(credential, 0),
                                 bulla_credential_certificate(credential, 1)};
    assert_int_equal(bulla_credential_certificate(credential, 2).len, 0);
    const bulla_verify_request request = {.purpose = purpose,
                                          .profile = BULLA_PROFILE_PRIVATE,
                                          .name = name,
                                          .now = now,
                                          .depth_max = 1,
                                          .revocation = BULLA_REVOCATION_OFF};
    bulla_cause cause = bulla_verify(trust, chain, 2, &request, NULL);
    bulla_trust_free(trust);
    bulla_credential_free(credential);
    file_free(&chain_file);
    file_free(&key_file);
    file_free(&root_file);
    return cause;
}

static bulla_cause verify_server(const struct folder *folder, const char *host, int64_t now) {
    return verify(folder, "server.crt", "server.key", BULLA_PURPOSE_SERVER_AUTH,
                  (bulla_name){BULLA_NAME_DNS, bytes_of_text(host)}, now);
}

static void test_made_files_verify(void **state) {
    struct folder *folder = *state;
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    assert_int_equal(prepare(folder, START), ALL);
    assert_int_equal(verify_server(folder, "localhost", START), BULLA_OK);
    assert_int_equal(verify_server(folder, "localhost", START - 59), BULLA_OK);
    assert_int_equal(verify_server(folder, "elsewhere", START), BULLA_E_CERT_NAME_MISMATCH);
    assert_int_equal(verify_server(folder, "localhost", START + DAY + 1), BULLA_E_CERT_EXPIRED);
    assert_int_equal(verify(folder, "server.crt", "server.key", BULLA_PURPOSE_SERVER_AUTH,
                            (bulla_name){BULLA_NAME_IP, BYTES_IN(loopback)}, START),
                     BULLA_OK);
    assert_int_equal(verify(folder, "client.crt", "client.key", BULLA_PURPOSE_CLIENT_AUTH,
                            (bulla_name){BULLA_NAME_URI, BYTES_OF("spiffe://bulla.local/client")},
                            START),
                     BULLA_OK);
    assert_int_equal(verify(folder, "client.crt", "client.key", BULLA_PURPOSE_SERVER_AUTH,
                            (bulla_name){BULLA_NAME_NONE, {0}}, START),
                     BULLA_E_CERT_PURPOSE_NOT_SERVER);
}

static void test_renewed_at_two_thirds(void **state) {
    struct folder *folder = *state;
    assert_int_equal(prepare(folder, START), ALL);
    assert_int_equal(prepare(folder, START), 0);
    assert_int_equal(prepare(folder, START + 15 * HOUR), 0);
    assert_int_equal(prepare(folder, START + 16 * HOUR + 60), SERVER | CLIENT);
    assert_int_equal(verify_server(folder, "localhost", START + 39 * HOUR), BULLA_OK);
    assert_int_equal(prepare(folder, START + 250 * DAY), INTERMEDIATE | SERVER | CLIENT);
    assert_int_equal(verify_server(folder, "localhost", START + 250 * DAY), BULLA_OK);
}

static void test_leaf_ends_with_its_issuer(void **state) {
    struct folder *folder = *state;
    int64_t late = START + 3650 * DAY - HOUR;
    assert_int_equal(prepare(folder, START), ALL);
    assert_int_equal(prepare(folder, late), INTERMEDIATE | SERVER | CLIENT);
    assert_int_equal(folder->report.parts[PRIVATE_CA_SERVER].not_after, START + 3650 * DAY);
    refuses(folder, START + 3651 * DAY, "ca.crt: cert_expired");
}

static void test_clock_that_went_back(void **state) {
    struct folder *folder = *state;
    assert_int_equal(prepare(folder, START), ALL);
    assert_int_equal(prepare(folder, START - DAY), INTERMEDIATE | SERVER | CLIENT);
}

static void test_mended_pairs(void **state) {
    struct folder *folder = *state;
    char path[128];
    assert_int_equal(prepare(folder, START), ALL);
    unlink(at(folder, "server.key", path, sizeof path));
    assert_int_equal(prepare(folder, START), SERVER);
    move(folder, "client.key", "server.key");
    assert_int_equal(prepare(folder, START), SERVER | CLIENT);
    unlink(at(folder, "intermediate.crt", path, sizeof path));
    assert_int_equal(prepare(folder, START), INTERMEDIATE | SERVER | CLIENT);
    assert_int_equal(verify_server(folder, "localhost", START), BULLA_OK);
}

static void test_root_is_never_replaced_silently(void **state) {
    struct folder *folder = *state;
    assert_int_equal(prepare(folder, START), ALL);
    move(folder, "ca.key", "kept.key");
    move(folder, "client.key", "ca.key");
    refuses(folder, START, "ca.key: key_mismatch");
    move(folder, "ca.key", "client.key");
    assert_int_equal(prepare(folder, START), 0); /* without its key the root still serves */
    assert_int_equal(prepare(folder, START + 300 * DAY), SERVER | CLIENT);
    refuses(folder, START + 366 * DAY, "ca.key is missing");
    move(folder, "kept.key", "ca.key");
    assert_int_equal(prepare(folder, START + 366 * DAY), INTERMEDIATE | SERVER | CLIENT);
}

static void test_crash_at_the_first_start(void **state) {
    struct folder *folder = *state;
    char path[128];
    assert_int_equal(prepare(folder, START), ALL);
    unlink(at(folder, "ca.crt", path, sizeof path));
    assert_int_equal(prepare(folder, START), ALL);
    assert_int_equal(verify_server(folder, "localhost", START), BULLA_OK);
}

/* Without a lock they took each other's half-written files for their own. */
static void test_many_first_starts_at_once(void **state) {
    enum { STARTS = 8 };
    struct folder *folder = *state;
    pid_t children[STARTS];
    for (size_t i = 0; i < STARTS; i++) {
        folder->seed = i + 100;
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            bool ok = private_ca_prepare(&folder->report, folder->path, START, &folder->random);
            _exit(ok ? 0 : 1);
        }
    }
    for (size_t i = 0; i < STARTS; i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(prepare(folder, START), 0);
    assert_int_equal(verify_server(folder, "localhost", START), BULLA_OK);
}

static void test_broken_files_are_named_and_kept(void **state) {
    static const char *const names[] = {"ca.crt",     "ca.key",     "intermediate.crt",
                                        "server.crt", "server.key", "client.key"};
    struct folder *folder = *state;
    assert_int_equal(prepare(folder, START), ALL);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct file whole = load(folder, names[i]);
        char path[128];
        at(folder, names[i], path, sizeof path);
        assert_true(file_replace(path, bytes_of(whole.bytes, whole.len / 2), 0600));
        refuses(folder, START, names[i]);
        struct file still = load(folder, names[i]);
        assert_int_equal(still.len, whole.len / 2);
        assert_true(file_replace(path, file_bytes(&whole), 0600));
        file_free(&whole);
        file_free(&still);
    }
    assert_int_equal(prepare(folder, START), 0);
}

static void test_folder_that_cannot_be_made(void **state) {
    struct folder *folder = *state;
    snprintf(folder->path, sizeof folder->path, "%s/no/ca", folder->above);
    refuses(folder, START, "/no/ca");
    snprintf(folder->path, sizeof folder->path, "%s", folder->above);
    assert_int_equal(prepare(folder, START), ALL); /* one that is there is used */
    snprintf(folder->path, sizeof folder->path, "%s/ca.crt", folder->above);
    refuses(folder, START, "/ca.crt");
    snprintf(folder->path, sizeof folder->path, "%s", folder->above);
}

static bool fill_nothing(void *context, uint8_t *out, size_t len) {
    (void)context;
    (void)out;
    (void)len;
    return false;
}

static void test_no_randomness_makes_nothing(void **state) {
    struct folder *folder = *state;
    char path[128];
    folder->random.fill = fill_nothing;
    refuses(folder, START, "");
    assert_int_equal(access(at(folder, "ca.key", path, sizeof path), F_OK), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_made_files_verify, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_renewed_at_two_thirds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_leaf_ends_with_its_issuer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clock_that_went_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mended_pairs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_root_is_never_replaced_silently, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_crash_at_the_first_start, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_first_starts_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_broken_files_are_named_and_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_folder_that_cannot_be_made, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_randomness_makes_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
