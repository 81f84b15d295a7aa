/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the path one segment at a time from an open folder, never following a symbolic link, so
 * that there is no moment at which a name could be swapped for a way out.
 *
 * Refused with 404, whether or not something is there: "." and ".." also as %2e, an encoded slash
 * or NUL, empty segments, names that begin with a dot (but for .well-known), symbolic links,
 * anything but regular files. */
#include "http/static_files.h"

#include "net/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEGMENT_LEN_MAX = 255, DEPTH_MAX = 64, FRESH_SECONDS = 2 };

enum found { FOUND_NOTHING = 0, FOUND_FILE, FOUND_FOLDER, FOUND_SHORTAGE };

static enum found find(int folder, bulla_bytes path, int *out_fd, char *out_name);
static bool next_segment(bulla_bytes *path, char *out);
static bool decode(bulla_bytes text, char *out);
static bool is_allowed(const char *segment);
static int hex_value(uint8_t c);
static enum found open_entry(int folder, const char *name, int *out_fd);
static enum found why_not_opened(void);
static void answer_file(int fd, const char *name, struct http_response *out);
static void tag(const struct stat *about, int64_t now, struct http_response *out);
static void redirect(bulla_bytes path, struct http_response *out);

bool static_files_open(int *out_folder, const char *path) {
    *out_folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *out_folder >= 0;
}

void static_files_answer(int folder, bulla_bytes path, struct http_response *out) {
    char name[SEGMENT_LEN_MAX + 1] = "";
    int fd = -1;
    enum found found = find(folder, path, &fd, name);
    if (found == FOUND_FOLDER && path.data[path.len - 1] != '/') {
        close(fd);
        redirect(path, out);
        return;
    }
    if (found == FOUND_FOLDER) {
        int inside = fd;
        snprintf(name, sizeof name, "index.html");
        found = open_entry(inside, name, &fd);
        close(inside);
    }
    if (found == FOUND_FILE) {
        answer_file(fd, name, out);
        return;
    }
    if (found == FOUND_FOLDER) {
        close(fd);
    }
    if (found == FOUND_SHORTAGE) {
        http_response_problem(out, 503, "the server has too many files open; try again", NULL);
        return;
    }
    http_response_problem(out, 404, "there is no such file here", NULL);
}

const char *static_files_type(const char *name) {
    static const struct {
        const char *extension, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".htm", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".txt", "text/plain; charset=utf-8"},
        {".md", "text/markdown; charset=utf-8"},
        {".csv", "text/csv; charset=utf-8"},
        {".xml", "application/xml"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},
        {".gif", "image/gif"},
        {".webp", "image/webp"},
        {".avif", "image/avif"},
        {".ico", "image/x-icon"},
        {".woff", "font/woff"},
        {".woff2", "font/woff2"},
        {".ttf", "font/ttf"},
        {".otf", "font/otf"},
        {".webmanifest", "application/manifest+json"},
        {".map", "application/json"},
        {".mp3", "audio/mpeg"},
        {".ogg", "audio/ogg"},
        {".mp4", "video/mp4"},
        {".webm", "video/webm"},
        {".wasm", "application/wasm"},
        {".pdf", "application/pdf"},
        {".zip", "application/zip"},
        {".gz", "application/gzip"},
        {".crl", "application/pkix-crl"},
        {".crt", "application/x-x509-ca-cert"},
        {".pem", "application/x-pem-file"},
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (http_same_text(bytes_of_text(dot), types[i].extension)) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

/* Opens what `path` names; the caller closes *out_fd. `out_name` gets the last segment. */
static enum found find(int folder, bulla_bytes path, int *out_fd, char *out_name) {
    int here = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum found found = here < 0 ? why_not_opened() : FOUND_FOLDER;
    for (size_t depth = 0; found == FOUND_FOLDER; depth++) {
        int inside = -1;
        /* Past the slash; a last slash has nothing behind it. */
        path = bytes_of(path.data + 1, path.len - 1);
        if (path.len == 0) {
            break;
        }
        bool known = depth < DEPTH_MAX && next_segment(&path, out_name) && is_allowed(out_name);
        found = known ? open_entry(here, out_name, &inside) : FOUND_NOTHING;
        close(here);
        here = inside;
        if (found == FOUND_FILE && path.len != 0) {
            close(here);
            found = FOUND_NOTHING;
        }
        if (path.len == 0) {
            break;
        }
    }
    *out_fd = here;
    return found;
}

/* Moves `path` to the slash after its first segment, or to its end. */
static bool next_segment(bulla_bytes *path, char *out) {
    size_t len = 0;
    while (len < path->len && path->data[len] != '/') {
        len++;
    }
    bulla_bytes segment = bytes_of(path->data, len);
    *path = bytes_of(path->data + len, path->len - len);
    return decode(segment, out);
}

/* Percent-decoding, RFC 3986 2.1, into SEGMENT_LEN_MAX + 1 bytes. */
static bool decode(bulla_bytes text, char *out) {
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == '%') {
            bool whole = text.len - i > 2;
            int high = whole ? hex_value(text.data[i + 1]) : -1;
            int low = whole ? hex_value(text.data[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (uint8_t)(high * 16 + low);
            i += 2;
        }
        if (c == 0 || c == '/' || len == SEGMENT_LEN_MAX) {
            return false;
        }
        out[len++] = (char)c;
    }
    out[len] = '\0';
    return len != 0;
}

static int hex_value(uint8_t c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "." and ".." begin with a dot; so do .git and .env, which nobody means to publish. */
static bool is_allowed(const char *segment) {
    return segment[0] != '.' || strcmp(segment, ".well-known") == 0;
}

/* O_NONBLOCK: opening a named pipe must not wait for its writer. */
static enum found open_entry(int folder, const char *name, int *out_fd) {
    struct stat about;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return why_not_opened();
    }
    if (fstat(fd, &about) != 0 || (!S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode))) {
        close(fd);
        return FOUND_NOTHING;
    }
    *out_fd = fd;
    return S_ISREG(about.st_mode) ? FOUND_FILE : FOUND_FOLDER;
}

/* That the server has no descriptor left says nothing about the file. */
static enum found why_not_opened(void) {
    return errno == EMFILE || errno == ENFILE ? FOUND_SHORTAGE : FOUND_NOTHING;
}

static void answer_file(int fd, const char *name, struct http_response *out) {
    struct stat about;
    if (fstat(fd, &about) != 0 || about.st_size < 0) {
        close(fd);
        http_response_problem(out, 500, "the file can't be read", NULL);
        return;
    }
    out->content_type = static_files_type(name);
    out->file = fd;
    out->file_len = (uint64_t)about.st_size;
    out->modified = about.st_mtim.tv_sec;
    tag(&about, clock_now(), out);
}

/* A strong entity tag out of what a change of the content changes: the inode where a new file takes
 * the old one's place, the length and the time where it is written to. A clock is coarse, though,
 * and two changes may share one of its ticks: what changed just now gets a weak tag (RFC 9110
 * 8.8.1), with which no range can be put together from two versions. */
static void tag(const struct stat *about, int64_t now, struct http_response *out) {
    bool fresh = about->st_mtim.tv_sec + FRESH_SECONDS > now;
    snprintf(out->etag, sizeof out->etag, "%s\"%jx-%jx-%jx.%lx\"", fresh ? "W/" : "",
             (uintmax_t)about->st_ino, (uintmax_t)about->st_size, (uintmax_t)about->st_mtim.tv_sec,
             (unsigned long)about->st_mtim.tv_nsec);
}

/* The path begins with one slash and is_target()'s characters, so it can't lead to another host
 * or into another field; "//host" is not a folder, as empty segments are refused. */
static void redirect(bulla_bytes path, struct http_response *out) {
    writer_text(&out->fields, "Location: ");
    writer_bytes(&out->fields, path);
    writer_text(&out->fields, "/\r\n");
    http_response_problem(out, 301, "the folder's address ends in a slash", NULL);
}
