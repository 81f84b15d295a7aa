/* SPDX-License-Identifier: Apache-2.0 */
/* DNS names as certificates carry and clients look for them: RFC 1034 3.5, RFC 1123 2.1. */
#ifndef X509_DNS_NAME_H
#define X509_DNS_NAME_H

#include "base/bytes.h"

/* The preferred name syntax that RFC 5280 4.2.1.6 demands: labels of 1 to 63 letters, digits and
 * inner hyphens, 253 octets in all, no dot at the end. A last label of digits alone is an address
 * that was written where a name belongs. No wildcard, no underscore. */
bool dns_name_is_valid(bulla_bytes name);

/* The same, or "*." and a valid name of at least two labels: what a certificate may present. */
bool dns_name_is_valid_pattern(bulla_bytes pattern);

/* True where no label of a valid name or pattern pretends to be an A-label (RFC 5890 2.3.1): one
 * with hyphens in its third and fourth place begins with "xn--" and is valid Punycode behind it. */
bool dns_name_has_true_a_labels(bulla_bytes name);

/* Splits "*.rest" off; false where `pattern` does not begin so. */
bool dns_name_wildcard_rest(bulla_bytes pattern, bulla_bytes *out_rest);

/* The part behind the first dot; false where there is none. */
bool dns_name_parent(bulla_bytes name, bulla_bytes *out_parent);

/* Equal without regard to the case of ASCII letters. */
bool dns_name_equal(bulla_bytes a, bulla_bytes b);

/* True where `name` is `base` or a name below it. */
bool dns_name_is_within(bulla_bytes name, bulla_bytes base);

/* RFC 9525 6.3: does the presented `pattern` cover the valid name `reference`? A wildcard stands
 * for exactly one label. False for a pattern that is not valid. */
bool dns_name_matches(bulla_bytes pattern, bulla_bytes reference);

#endif
