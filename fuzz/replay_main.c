/* SPDX-License-Identifier: Apache-2.0 */
/* Replays corpora through a fuzz target without libFuzzer, so that whatever was found once is
 * tested by every compiler: replay DIRECTORY... gives each file to LLVMFuzzerTestOneInput(), in the
 * order of the names. Each input lies in a heap block of exactly its size, where a sanitizer sees a
 * read past the end. A directory without files is an error: a corpus that has vanished is not a
 * pass. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int replay_directory(const char *directory);
static int replay_file(const char *path);
static int is_visible(const struct dirent *entry);

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: %s DIRECTORY...\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        int num_files = replay_directory(argv[i]);
        if (num_files <= 0) {
            fprintf(stderr, "%s: nothing to replay, or not readable\n", argv[i]);
            return 1;
        }
        printf("%s: %d inputs replayed\n", argv[i], num_files);
    }
    return 0;
}

/* The number of files, or -1. */
static int replay_directory(const char *directory) {
    struct dirent **entries;
    int num_entries = scandir(directory, &entries, is_visible, alphasort);
    if (num_entries < 0) {
        return -1;
    }
    int result = num_entries;
    for (int i = 0; i < num_entries; i++) {
        char path[4096];
        int len = snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        if (len < 0 || (size_t)len >= sizeof path || !replay_file(path)) {
            fprintf(stderr, "%s/%s: not readable\n", directory, entries[i]->d_name);
            result = -1;
        }
        free(entries[i]);
    }
    free(entries);
    return result;
}

static int replay_file(const char *path) {
    struct stat about;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return 0;
    }
    uint8_t *data = NULL;
    size_t len = 0;
    int done = fstat(fileno(file), &about) == 0 && S_ISREG(about.st_mode);
    if (done) {
        len = (size_t)about.st_size;
        data = malloc(len == 0 ? 1 : len);
        done = data != NULL && fread(data, 1, len, file) == len;
    }
    fclose(file);
    if (done) {
        (void)LLVMFuzzerTestOneInput(data, len);
    }
    free(data);
    return done;
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}
