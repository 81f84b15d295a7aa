/* SPDX-License-Identifier: Apache-2.0 */
/* The compressors of RFC 8879 for configs: libbulla links none, this floor those that were there
 * when it was built. */
#ifndef NET_CERTIFICATE_COMPRESSION_H
#define NET_CERTIFICATE_COMPRESSION_H

#include <bulla/config.h>

/* Adds all that there are, the one that shrinks certificates most first: brotli, zstd, zlib. */
void certificate_compression_add_all(bulla_config_builder *builder);

#endif
