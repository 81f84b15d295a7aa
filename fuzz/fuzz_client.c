/* SPDX-License-Identifier: Apache-2.0 */
/* A client under a script (tests/engine/script.h): raw bytes from its first one on, or an honest
 * server whose bytes are held back, changed and mixed with messages under the right keys. */
#include "engine/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static struct script_world world;
    if (world.trust == NULL) {
        script_world_make(&world);
    }
    script_play(&world, BULLA_CLIENT, bytes_of(data, len));
    return 0;
}
