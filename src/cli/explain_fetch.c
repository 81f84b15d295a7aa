/* SPDX-License-Identifier: Apache-2.0 */
/* The questions of explain_fetch.h. The path is the validator's own (path.h), and every answer is
 * held against it as any other would be (ocsp.h, revocation.h): whoever sits between us and the
 * responder can keep an answer back, and no more.
 *
 * A response that was fetched does not stand in for one that has to be stapled (RFC 7633): of a
 * certificate with that promise only "revoked" is taken over. */
#include "cli/explain_fetch.h"

#include "cli/chain_files.h"
#include "crypto/system_random.h"
#include "der/der.h"
#include "der/pem.h"
#include "x509/certificate_extensions.h"
#include "x509/name.h"
#include "x509/ocsp.h"
#include "x509/ocsp_request.h"
#include "x509/path.h"
#include "x509/revocation.h"
#include "x509/validate.h"

#include <stdio.h>
#include <stdlib.h>

enum { OCSP_REQUEST_LEN_MAX = 4096, CRL_URLS_MAX = 3 };

struct hunt {
    struct fetched *out;
    const bulla_trust *trust;
    bulla_verify_request *request;
    bulla_crls **crls;
    struct certificate leaf;
    bulla_bytes chain[BULLA_VERIFY_CHAIN_LEN_MAX];
    size_t num_chain;
};

static bool begin(struct hunt *hunt, const bulla_bytes *chain, size_t num_chain);
static bulla_cause search_path(const struct hunt *hunt, struct path_search *out);
static bool add_issuer(struct hunt *hunt);
static bool fetch_issuer(struct hunt *hunt, const struct certificate *below, bulla_bytes url);
static bool take_issuer(struct hunt *hunt, struct fetched_item *item,
                        const struct certificate *below, bulla_bytes content);
static uint8_t *copy_certificate(bulla_bytes content, size_t *out_len);
static bool is_pkcs7(bulla_bytes content);
static void ask_statuses(struct hunt *hunt);
static bulla_cause status_of(const struct hunt *hunt, const struct certificate *const *path,
                             size_t place);
static bool ask_ocsp(struct hunt *hunt, const struct certificate *const *path);
static bool judge_ocsp(struct hunt *hunt, struct fetched_item *item,
                       const struct certificate *const *path, bulla_bytes nonce);
static bool promises_staple(const struct hunt *hunt);
static void ask_crl(struct hunt *hunt, const struct certificate *const *path, size_t place,
                    bulla_bytes url);
static bulla_cause add_crl(struct hunt *hunt, bulla_bytes content);
static struct fetched_item *begin_item(struct hunt *hunt, const char *kind,
                                       const struct certificate *certificate, bulla_bytes url);
static bool fetch_item(struct fetched_item *item, struct fetch_result *result,
                       const struct fetch_request *request);
static void conclude_item(struct fetched_item *item, bulla_cause cause);

void fetched_run(struct fetched *out, const bulla_trust *trust, const bulla_bytes *chain,
                 size_t num_chain, bulla_verify_request *request, bulla_crls **inout_crls) {
    struct hunt hunt = {.out = out, .trust = trust, .request = request, .crls = inout_crls};
    *out = (struct fetched){.mended = BULLA_OK};
    if (!begin(&hunt, chain, num_chain)) {
        return;
    }
    while (out->num_issuers < FETCHED_ISSUERS_MAX && add_issuer(&hunt)) {
    }
    if (request->revocation != BULLA_REVOCATION_OFF) {
        ask_statuses(&hunt);
    }
    if (out->num_issuers != 0) {
        out->mended = bulla_verify(trust, hunt.chain, hunt.num_chain, request, NULL);
    }
}

void fetched_free(struct fetched *fetched) {
    for (size_t i = 0; i < fetched->num_issuers; i++) {
        free(fetched->issuers[i]);
    }
    fetched->num_issuers = 0;
    fetch_free(&fetched->owned_ocsp);
}

void fetched_print_fix(const struct fetched *fetched, char *out, size_t cap) {
    struct text text = text_into(out, cap);
    text_add(&text, "have the peer send ");
    for (size_t i = 0; i < fetched->num_issuers; i++) {
        text_add(&text, i == 0 ? "" : " and ");
        text_add(&text, fetched->issuer_names[i]);
        text_add(&text, " (fetched from ");
        text_add(&text, fetched->items[fetched->issuer_items[i]].url);
        text_add(&text, ")");
    }
    text_add(&text, " too, after its own certificate");
    if (fetched->mended == BULLA_OK) {
        text_add(&text, "; then the chain is good");
    } else {
        const bulla_cause_info *about = bulla_cause_about(fetched->mended);
        text_add(&text, "; then this is left to mend: ");
        text_add(&text, about->name);
        text_add(&text, ", ");
        text_add(&text, about->says);
    }
}

/* False where there is nothing to ask: a leaf that is refused whoever issued it, or that is itself
 * trusted. */
static bool begin(struct hunt *hunt, const bulla_bytes *chain, size_t num_chain) {
    if (num_chain == 0 || num_chain > BULLA_VERIFY_CHAIN_LEN_MAX ||
        certificate_parse(&hunt->leaf, chain[0]) != BULLA_OK ||
        trust_has(hunt->trust, &hunt->leaf, name_hash(hunt->leaf.subject)) ||
        validate_leaf(&hunt->leaf, hunt->request, false) != BULLA_OK) {
        return false;
    }
    for (size_t i = 0; i < num_chain; i++) {
        hunt->chain[i] = chain[i];
    }
    hunt->num_chain = num_chain;
    return true;
}

static bulla_cause search_path(const struct hunt *hunt, struct path_search *out) {
    return path_search_run(out, hunt->trust, hunt->request, NULL, &hunt->leaf, hunt->chain + 1,
                           hunt->num_chain - 1);
}

/* Issuers. */

/* True where one was missing, and was found. */
static bool add_issuer(struct hunt *hunt) {
    struct path_search search;
    bulla_bytes url;
    bool added = search_path(hunt, &search) == BULLA_E_CERT_UNKNOWN_ISSUER &&
                 search.culprit != NULL && hunt->num_chain < BULLA_VERIFY_CHAIN_LEN_MAX &&
                 certificate_ca_issuers_url(search.culprit, &url) &&
                 fetch_issuer(hunt, search.culprit, url);
    path_search_free(&search);
    return added;
}

static bool fetch_issuer(struct hunt *hunt, const struct certificate *below, bulla_bytes url) {
    struct fetched_item *item = begin_item(hunt, "issuer", below, url);
    struct fetch_result result;
    const struct fetch_request request = {
        .url = url, .len_max = FETCH_LEN_MAX, .timeout_ms = FETCH_TIMEOUT_MS};
    bool taken = item != NULL && fetch_item(item, &result, &request) &&
                 take_issuer(hunt, item, below, bytes_of(result.bytes.buffer, result.bytes.len));
    if (item != NULL) {
        fetch_free(&result);
    }
    return taken;
}

/* Its signature is the path search's to check. */
static bool take_issuer(struct hunt *hunt, struct fetched_item *item,
                        const struct certificate *below, bulla_bytes content) {
    struct fetched *out = hunt->out;
    struct certificate issuer;
    size_t len = 0;
    uint8_t *der = copy_certificate(content, &len);
    bulla_cause cause =
        der == NULL ? BULLA_E_CERT_MALFORMED : certificate_parse(&issuer, bytes_of(der, len));
    if (cause != BULLA_OK) {
        conclude_item(item, cause);
        if (is_pkcs7(content)) {
            snprintf(item->says, sizeof item->says,
                     "it is a PKCS#7 bundle, which is not read; have the CA publish the "
                     "certificate itself in DER (RFC 5280 4.2.2.1)");
        }
    } else if (!name_equal(issuer.subject, below->issuer)) {
        item->outcome = "other_certificate";
        snprintf(item->says, sizeof item->says,
                 "it is the certificate of another CA; tell the CA that its URL is wrong");
    } else {
        struct text name = text_into(out->issuer_names[out->num_issuers], BULLA_REPORT_TEXT_MAX);
        name_print(&name, issuer.subject);
        item->outcome = "found";
        out->issuer_items[out->num_issuers] = (size_t)(item - out->items);
        out->issuers[out->num_issuers++] = der;
        hunt->chain[hunt->num_chain++] = bytes_of(der, len);
        return true;
    }
    free(der);
    return false;
}

/* DER as RFC 5280 wants it, or the first certificate of PEM, as some CAs have it. NULL where it is
 * neither. */
static uint8_t *copy_certificate(bulla_bytes content, size_t *out_len) {
    struct reader text = reader_over(content);
    struct pem_block block;
    if (chain_files_is_der(content)) {
        *out_len = content.len;
        return bytes_duplicate(content);
    }
    if (pem_next(&text, &block) != BULLA_OK) {
        return NULL;
    }
    uint8_t *copy = bytes_equal(block.label, BYTES_OF("CERTIFICATE"))
                        ? bytes_duplicate(bytes_of(block.der, block.der_len))
                        : NULL;
    *out_len = block.der_len;
    pem_block_free(&block);
    return copy;
}

/* ContentInfo of id-signedData, RFC 5652 3 and 5.1. */
static bool is_pkcs7(bulla_bytes content) {
    static const uint8_t signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
    struct reader input = reader_over(content);
    struct reader inside;
    bulla_bytes type;
    return der_read_nested(&input, DER_SEQUENCE, &inside) && der_read_oid(&inside, &type) &&
           bytes_equal(type, BYTES_IN(signed_data));
}

/* Statuses. */

/* Of the path that the validator takes; the anchor's own status is not asked. */
static void ask_statuses(struct hunt *hunt) {
    struct path_search search;
    bool found = search_path(hunt, &search) == BULLA_OK;
    for (size_t i = 0; found && i + 1 < search.num_path; i++) {
        bulla_cause status = status_of(hunt, search.path, i);
        bulla_bytes url;
        bool known = status == BULLA_OK || status == BULLA_E_CERT_REVOKED ||
                     (i == 0 && ask_ocsp(hunt, search.path));
        for (size_t j = 0;
             !known && j < CRL_URLS_MAX && certificate_crl_url(search.path[i], j, &url); j++) {
            ask_crl(hunt, search.path, i, url);
            status = status_of(hunt, search.path, i);
            known = status == BULLA_OK || status == BULLA_E_CERT_REVOKED;
        }
    }
    path_search_free(&search);
}

/* BULLA_OK: good; BULLA_E_CERT_REVOKED; else why nothing is known of path[place]. What has to be
 * stapled is another question, which is not put for clients. */
static bulla_cause status_of(const struct hunt *hunt, const struct certificate *const *path,
                             size_t place) {
    const struct certificate *const pair[] = {path[place], path[place + 1]};
    struct revocation_outcome outcome;
    bulla_verify_request request = *hunt->request;
    request.revocation = BULLA_REVOCATION_HARD;
    request.purpose = BULLA_PURPOSE_CLIENT_AUTH;
    if (place != 0) {
        request.ocsp_response = bytes_of(NULL, 0);
    }
    return revocation_check(&request, pair, 2, &outcome);
}

/* True where the leaf's status is known now. Where a response was stapled or given, no other is
 * asked for: what is wrong with that one is to be seen. */
static bool ask_ocsp(struct hunt *hunt, const struct certificate *const *path) {
    uint8_t nonce[OCSP_NONCE_LEN];
    bulla_bytes url;
    bulla_bytes body;
    if (hunt->request->ocsp_response.len != 0 || !ocsp_request_url(path[0], &url) ||
        !random_fill(&system_random, nonce, sizeof nonce)) {
        return false;
    }
    struct writer writer = writer_growing(OCSP_REQUEST_LEN_MAX);
    struct fetched_item *item = NULL;
    bool known = false;
    if (ocsp_request_write(&writer, path[0], path[1], BYTES_IN(nonce)) == BULLA_OK &&
        writer_finish(&writer, &body)) {
        item = begin_item(hunt, "ocsp", path[0], url);
    }
    if (item != NULL) {
        const struct fetch_request request = {.url = url,
                                              .body = body,
                                              .content_type = "application/ocsp-request",
                                              .len_max = FETCH_LEN_MAX,
                                              .timeout_ms = FETCH_TIMEOUT_MS};
        known = fetch_item(item, &hunt->out->owned_ocsp, &request) &&
                judge_ocsp(hunt, item, path, BYTES_IN(nonce));
    }
    writer_free(&writer);
    return known;
}

/* Responders that sign ahead (RFC 5019 4) leave the nonce out, and their answer counts while it is
 * fresh; one that has another nonce is another's answer. */
static bool judge_ocsp(struct hunt *hunt, struct fetched_item *item,
                       const struct certificate *const *path, bulla_bytes nonce) {
    const struct writer *bytes = &hunt->out->owned_ocsp.bytes;
    bulla_bytes response = bytes_of(bytes->buffer, bytes->len);
    bool has_nonce = ocsp_nonce(response).len != 0;
    struct status_answer answer;
    const struct ocsp_question question = {.certificate = path[0],
                                           .issuer = path[1],
                                           .now = hunt->request->now,
                                           .nonce = has_nonce ? nonce : bytes_of(NULL, 0),
                                           .memo = hunt->request->memo};
    bulla_cause cause = ocsp_check(response, &question, &answer);
    if (cause != BULLA_OK) {
        conclude_item(item, cause);
        return false;
    }
    bool revoked = answer.status == STATUS_REVOKED;
    bool good = answer.status == STATUS_GOOD;
    item->outcome = revoked ? "revoked" : good ? "good" : "unknown";
    snprintf(item->says, sizeof item->says, "%s%s",
             has_nonce ? "" : "signed ahead, without a nonce",
             good && promises_staple(hunt) ? "; the certificate has the server staple it all the "
                                             "same (RFC 7633)"
                                           : "");
    if (revoked || (good && !promises_staple(hunt))) {
        hunt->out->ocsp_response = response;
        hunt->request->ocsp_response = response;
    }
    return revoked || good;
}

static bool promises_staple(const struct hunt *hunt) {
    bulla_purpose purpose = hunt->request->purpose;
    return hunt->leaf.must_staple &&
           (purpose == BULLA_PURPOSE_SERVER_AUTH || purpose == BULLA_PURPOSE_SVID_SERVER);
}

static void ask_crl(struct hunt *hunt, const struct certificate *const *path, size_t place,
                    bulla_bytes url) {
    struct fetched_item *item = begin_item(hunt, "crl", path[place], url);
    struct fetch_result result;
    const struct fetch_request request = {
        .url = url, .len_max = FETCH_CRL_LEN_MAX, .timeout_ms = FETCH_TIMEOUT_MS};
    if (item == NULL) {
        return;
    }
    if (fetch_item(item, &result, &request)) {
        bulla_cause cause = add_crl(hunt, bytes_of(result.bytes.buffer, result.bytes.len));
        conclude_item(item, cause == BULLA_OK ? status_of(hunt, path, place) : cause);
    }
    fetch_free(&result);
}

static bulla_cause add_crl(struct hunt *hunt, bulla_bytes content) {
    size_t num_added;
    if (*hunt->crls == NULL) {
        bulla_cause cause = bulla_crls_new(hunt->crls);
        if (cause != BULLA_OK) {
            return cause;
        }
        hunt->request->crls = *hunt->crls;
    }
    return chain_files_is_der(content) ? bulla_crls_add_der(*hunt->crls, content)
                                       : bulla_crls_add_pem(*hunt->crls, content, &num_added);
}

/* Items. */

/* NULL where nothing more is asked: enough was, or this before. */
static struct fetched_item *begin_item(struct hunt *hunt, const char *kind,
                                       const struct certificate *certificate, bulla_bytes url) {
    struct fetched *out = hunt->out;
    if (out->num_items == FETCHED_ITEMS_MAX) {
        return NULL;
    }
    struct fetched_item *item = &out->items[out->num_items];
    *item = (struct fetched_item){.kind = kind, .outcome = "failed"};
    struct text subject = text_into(item->subject, sizeof item->subject);
    struct text text = text_into(item->url, sizeof item->url);
    name_print(&subject, certificate->subject);
    text_add_untrusted(&text, url);
    for (size_t i = 0; i < out->num_items; i++) {
        if (strcmp(out->items[i].kind, kind) == 0 && strcmp(out->items[i].url, item->url) == 0) {
            return NULL;
        }
    }
    out->num_items++;
    return item;
}

static bool fetch_item(struct fetched_item *item, struct fetch_result *result,
                       const struct fetch_request *request) {
    if (!fetch_run(result, request)) {
        snprintf(item->says, sizeof item->says, "%s", result->says);
        return false;
    }
    item->len = result->bytes.len;
    return true;
}

static void conclude_item(struct fetched_item *item, bulla_cause cause) {
    const bulla_cause_info *about = bulla_cause_about(cause);
    if (cause == BULLA_OK || cause == BULLA_E_CERT_REVOKED) {
        item->outcome = cause == BULLA_OK ? "good" : "revoked";
        return;
    }
    item->outcome = about->name;
    snprintf(item->says, sizeof item->says, "%s; %s", about->says, about->fix);
}
