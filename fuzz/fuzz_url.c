/* SPDX-License-Identifier: Apache-2.0 */
/* URLs and addresses as people type them: what is accepted is printed, and reads back the same. */
#include "http/url.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    char text[8192];
    char again[16384];
    char host[URL_HOST_MAX];
    struct url url, second;
    struct address address;
    if (len >= sizeof text) {
        return 0;
    }
    (void)!address_parse(&address, bytes_of(data, len), 443);
    bytes_copy(text, sizeof text, bytes_of(data, len));
    text[len] = '\0';
    if (url_parse(&url, text) != NULL) {
        return 0;
    }
    (void)snprintf(again, sizeof again, "https://%s%s", url_host(&url, host), url.target);
    if (url_parse(&second, again) != NULL ||
        !bytes_equal(bytes_of_text(url.target), bytes_of_text(second.target)) ||
        !bytes_equal(bytes_of_text(url.address.host), bytes_of_text(second.address.host)) ||
        url.address.port != second.address.port) {
        abort();
    }
    return 0;
}
