/* SPDX-License-Identifier: Apache-2.0 */
/* See server_name.h. */
#include "tls/server_name.h"

#include "tls/protocol.h"

/* Letters, digits, hyphens, and the underscores that are in use: nothing else gets into a log. */
bool server_name_is_valid(bulla_bytes name) {
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_';
        if (!allowed) {
            return false;
        }
    }
    return name.len != 0 && name.len <= SERVER_NAME_LEN_MAX;
}
