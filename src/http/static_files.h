/* SPDX-License-Identifier: Apache-2.0 */
/* The files of one folder, by the path of a URL. */
#ifndef HTTP_STATIC_FILES_H
#define HTTP_STATIC_FILES_H

#include "http/response.h"

/* Opens the folder; false with errno set. */
BULLA_MUST_CHECK bool static_files_open(int *out_folder, const char *path);

/* Answers with the file (or, for a folder, its index.html), a redirect to the folder's path with
 * its slash, or 404, and with what conditions and ranges are judged by. Never leaves the folder:
 * see static_files.c. */
void static_files_answer(int folder, bulla_bytes path, struct http_response *out);

/* The media type for a file name. */
const char *static_files_type(const char *name);

#endif
