/* SPDX-License-Identifier: Apache-2.0 */
/* A limbo case as a question to the validator: called by the harness and by the test that compares.
 *
 * The profile follows the case's namespace: webpki:: and online:: speak of the public web,
 * rfc5280:: of that RFC to the letter, everything else of paths that the letter may stand in the
 * way of (the valid cve::cve-2024-0567 has CAs without key identifiers). Where a case brings CRLs,
 * each certificate must be shown not to be revoked. Mail addresses as peer names are not looked
 * for: no TLS peer is known by one. */
#include "limbo/case.h"
#include "base/calendar.h"
#include "der/pem.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

enum { CERTIFICATES_MAX = 256 };

struct chain {
    struct pem_block blocks[CERTIFICATES_MAX];
    bulla_bytes certificates[CERTIFICATES_MAX];
    size_t num;
};

/* Everything that a question owns. */
struct question {
    struct chain chain;
    bulla_trust *trust;
    bulla_crls *crls;
    uint8_t address[16];
    bulla_verify_request request;
};

static void question_make(struct question *out, const json_t *testcase, int64_t now);
static void question_free(struct question *question);
static void trust_all(bulla_trust *trust, const json_t *pems);
static bulla_crls *load_crls(const json_t *pems);
static void load_pem(struct chain *chain, const char *pem);
static bulla_profile profile_of(const char *id);
static int64_t time_of(const json_t *testcase, int64_t now);
static bulla_name name_of(const json_t *testcase, uint8_t *address);

const char *case_text(const json_t *testcase, const char *key) {
    const char *text = json_string_value(json_object_get(testcase, key));
    return text == NULL ? "" : text;
}

bool case_is_expected_to_succeed(const json_t *testcase) {
    return strcmp(case_text(testcase, "expected_result"), "SUCCESS") == 0;
}

bulla_cause case_judge(const json_t *testcase, int64_t now, bulla_report *report) {
    struct question *question = calloc(1, sizeof *question);
    if (question == NULL) {
        abort();
    }
    question_make(question, testcase, now);
    bulla_cause cause = bulla_verify(question->trust, question->chain.certificates,
                                     question->chain.num, &question->request, report);
    question_free(question);
    return cause;
}

static void question_make(struct question *out, const json_t *testcase, int64_t now) {
    size_t index;
    json_t *pem;
    if (bulla_trust_new(&out->trust) != BULLA_OK) {
        abort();
    }
    trust_all(out->trust, json_object_get(testcase, "trusted_certs"));
    load_pem(&out->chain, case_text(testcase, "peer_certificate"));
    json_array_foreach(json_object_get(testcase, "untrusted_intermediates"), index, pem) {
        load_pem(&out->chain, json_string_value(pem));
    }
    out->crls = load_crls(json_object_get(testcase, "crls"));
    const json_t *depth = json_object_get(testcase, "max_chain_depth");
    bool client = strcmp(case_text(testcase, "validation_kind"), "CLIENT") == 0;
    out->request = (bulla_verify_request){
        .purpose = client ? BULLA_PURPOSE_CLIENT_AUTH : BULLA_PURPOSE_SERVER_AUTH,
        .profile = profile_of(case_text(testcase, "id")),
        .name = name_of(testcase, out->address),
        .now = time_of(testcase, now),
        .depth_max = json_is_integer(depth) ? (unsigned)json_integer_value(depth)
                                            : (unsigned)BULLA_VERIFY_DEPTH_DEFAULT,
        .revocation = out->crls == NULL ? BULLA_REVOCATION_OFF : BULLA_REVOCATION_HARD,
        .crls = out->crls,
    };
}

static void question_free(struct question *question) {
    for (size_t i = 0; i < question->chain.num; i++) {
        pem_block_free(&question->chain.blocks[i]);
    }
    bulla_crls_free(question->crls);
    bulla_trust_free(question->trust);
    free(question);
}

/* A root that cannot be an anchor is one that is missing. */
static void trust_all(bulla_trust *trust, const json_t *pems) {
    size_t index;
    json_t *pem;
    json_array_foreach(pems, index, pem) {
        const char *text = json_string_value(pem);
        size_t num_added;
        bulla_cause cause = bulla_trust_add_pem(trust, bytes_of_text(text), &num_added);
        if (cause != BULLA_OK && cause != BULLA_E_PEM_NOT_FOUND) {
            fprintf(stderr, "a root was passed over: %s\n", bulla_cause_about(cause)->name);
        }
    }
}

/* NULL where the case brings none. A CRL that cannot be read is one that is missing. */
static bulla_crls *load_crls(const json_t *pems) {
    bulla_crls *crls;
    size_t index;
    json_t *pem;
    if (json_array_size(pems) == 0) {
        return NULL;
    }
    if (bulla_crls_new(&crls) != BULLA_OK) {
        abort();
    }
    json_array_foreach(pems, index, pem) {
        size_t num_added;
        (void)!bulla_crls_add_pem(crls, bytes_of_text(json_string_value(pem)), &num_added);
    }
    return crls;
}

static void load_pem(struct chain *chain, const char *pem) {
    struct reader text = reader_over(bytes_of_text(pem));
    while (chain->num < CERTIFICATES_MAX &&
           pem_next(&text, &chain->blocks[chain->num]) == BULLA_OK) {
        const struct pem_block *block = &chain->blocks[chain->num];
        chain->certificates[chain->num++] = bytes_of(block->der, block->der_len);
    }
}

static bulla_profile profile_of(const char *id) {
    static const struct {
        const char *namespace;
        bulla_profile profile;
    } profiles[] = {{"webpki::", BULLA_PROFILE_WEBPKI},
                    {"online::", BULLA_PROFILE_WEBPKI},
                    {"rfc5280::", BULLA_PROFILE_STRICT}};
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        if (strncmp(id, profiles[i].namespace, strlen(profiles[i].namespace)) == 0) {
            return profiles[i].profile;
        }
    }
    return BULLA_PROFILE_PRIVATE;
}

/* "2024-03-01T00:00:00.999+00:00", cut to whole seconds. */
static int64_t time_of(const json_t *testcase, int64_t now) {
    struct calendar date;
    int64_t seconds;
    if (sscanf(case_text(testcase, "validation_time"), "%4d-%2d-%2dT%2d:%2d:%2d", &date.year,
               &date.month, &date.day, &date.hour, &date.minute, &date.second) != 6) {
        return now;
    }
    return calendar_to_seconds(&date, &seconds) ? seconds : now;
}

static bulla_name name_of(const json_t *testcase, uint8_t *address) {
    const json_t *peer = json_object_get(testcase, "expected_peer_name");
    const char *kind = case_text(peer, "kind");
    const char *value = case_text(peer, "value");
    if (strcmp(kind, "DNS") == 0) {
        return (bulla_name){.kind = BULLA_NAME_DNS, .value = bytes_of_text(value)};
    }
    if (strcmp(kind, "IP") == 0) {
        bool v6 = strchr(value, ':') != NULL;
        bool valid = inet_pton(v6 ? AF_INET6 : AF_INET, value, address) == 1;
        return (bulla_name){.kind = valid ? BULLA_NAME_IP : BULLA_NAME_INVALID,
                            .value = bytes_of(address, v6 ? 16 : 4)};
    }
    return (bulla_name){.kind = BULLA_NAME_NONE};
}
