/* SPDX-License-Identifier: Apache-2.0 */
/* Several draws by one call. See random.h. */
#include "base/random.h"

static bool fill(void *context, uint8_t *out, size_t len);

bool random_ahead_draw(struct random_ahead *out, const struct random_source *source, size_t len) {
    *out = (struct random_ahead){.rest = source};
    len = len < sizeof out->bytes ? len : sizeof out->bytes;
    out->next = sizeof out->bytes - len;
    return random_fill(source, out->bytes + out->next, len);
}

struct random_source random_ahead_source(struct random_ahead *ahead) {
    return (struct random_source){.fill = fill, .context = ahead};
}

void random_ahead_wipe(struct random_ahead *ahead) {
    bytes_wipe(ahead, sizeof *ahead);
}

static bool fill(void *context, uint8_t *out, size_t len) {
    struct random_ahead *ahead = context;
    size_t here = sizeof ahead->bytes - ahead->next;
    here = here < len ? here : len;
    bytes_copy(out, len, bytes_of(ahead->bytes + ahead->next, here));
    ahead->next += here;
    return here == len || random_fill(ahead->rest, out + here, len - here);
}
