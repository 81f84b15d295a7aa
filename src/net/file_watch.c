/* SPDX-License-Identifier: Apache-2.0 */
/* file_watch.h over uv_fs_event_t. Every event in a folder counts, whichever file it names: with
 * links to links (Kubernetes' ..data) the name that changes is none of those that are served. Who
 * is told looks at the files' content, so that an event too many costs a few reads. */
#include "net/file_watch.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

enum { LINKS_MAX = 16 };

struct folder {
    uv_fs_event_t event;
    char path[PATH_MAX];
};

struct file_watch {
    struct loop *loop;
    struct loop_watch timer;
    struct folder *folders[FILE_WATCH_FOLDERS_MAX];
    size_t num_folders, num_missed;
    int64_t latest_ms; /* when a burst is told although it goes on */
    void (*changed)(void *context);
    void *context;
};

static void add_folder_of(struct file_watch *watch, const char *path);
static void add_folder(struct file_watch *watch, const char *folder);
static bool follow(char *path);
static void on_event(uv_fs_event_t *event, const char *name, int events, int status);
static void on_quiet(void *owner, unsigned events);
static void on_closed(uv_handle_t *closed);

struct file_watch *file_watch_new(struct loop *loop, void (*changed)(void *context),
                                  void *context) {
    struct file_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        return NULL;
    }
    watch->loop = loop;
    watch->changed = changed;
    watch->context = context;
    watch->latest_ms = CLOCK_NEVER;
    watch->timer = (struct loop_watch){.fd = -1,
                                       .deadline_ms = CLOCK_NEVER,
                                       .background = true,
                                       .ready = on_quiet,
                                       .owner = watch};
    if (!loop_add(loop, &watch->timer)) {
        free(watch);
        return NULL;
    }
    return watch;
}

void file_watch_add(struct file_watch *watch, const char *path) {
    char at[PATH_MAX];
    int len = snprintf(at, sizeof at, "%s", path);
    if (len < 0 || (size_t)len >= sizeof at) {
        watch->num_missed++;
        return;
    }
    for (int i = 0; i < LINKS_MAX; i++) {
        add_folder_of(watch, at);
        if (!follow(at)) {
            return;
        }
    }
}

size_t file_watch_num_missed(const struct file_watch *watch) {
    return watch->num_missed;
}

void file_watch_free(struct file_watch *watch) {
    if (watch == NULL) {
        return;
    }
    for (size_t i = 0; i < watch->num_folders; i++) {
        uv_close((uv_handle_t *)&watch->folders[i]->event, on_closed);
    }
    loop_remove(watch->loop, &watch->timer);
    free(watch);
}

/* "/a/b/c": /a/b, and where that is itself a link, the folder that the link stands in. */
static void add_folder_of(struct file_watch *watch, const char *path) {
    char folder[PATH_MAX];
    char linked[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        add_folder(watch, ".");
        return;
    }
    slash[slash == folder ? 1 : 0] = '\0';
    add_folder(watch, folder);
    if (readlink(folder, linked, sizeof linked) > 0) {
        add_folder_of(watch, folder);
    }
}

static void add_folder(struct file_watch *watch, const char *folder) {
    for (size_t i = 0; i < watch->num_folders; i++) {
        if (strcmp(watch->folders[i]->path, folder) == 0) {
            return;
        }
    }
    struct folder *one =
        watch->num_folders < FILE_WATCH_FOLDERS_MAX ? calloc(1, sizeof *one) : NULL;
    if (one == NULL) {
        watch->num_missed++;
        return;
    }
    (void)uv_fs_event_init(loop_uv(watch->loop), &one->event); /* never fails */
    one->event.data = watch;
    snprintf(one->path, sizeof one->path, "%s", folder);
    if (uv_fs_event_start(&one->event, on_event, folder, 0) != 0) {
        one->event.data = one;
        uv_close((uv_handle_t *)&one->event, on_closed);
        watch->num_missed++;
        return;
    }
    watch->folders[watch->num_folders++] = one;
}

/* Replaces a link by where it leads; false for what is no link. */
static bool follow(char *path) {
    char target[PATH_MAX];
    ssize_t len = readlink(path, target, sizeof target - 1);
    if (len <= 0) {
        return false;
    }
    target[len] = '\0';
    char *slash = target[0] == '/' ? NULL : strrchr(path, '/');
    size_t kept = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    if (kept + (size_t)len >= PATH_MAX) {
        return false;
    }
    bytes_copy(path + kept, PATH_MAX - kept, bytes_of((const uint8_t *)target, (size_t)len + 1));
    return true;
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status) {
    struct file_watch *watch = event->data;
    (void)name;
    (void)events;
    (void)status;
    if (watch->latest_ms == CLOCK_NEVER) {
        watch->latest_ms = clock_deadline_in(FILE_WATCH_LATEST_MS);
    }
    int64_t quiet = clock_deadline_in(FILE_WATCH_QUIET_MS);
    watch->timer.deadline_ms = quiet < watch->latest_ms ? quiet : watch->latest_ms;
    loop_update(watch->loop, &watch->timer);
}

static void on_quiet(void *owner, unsigned events) {
    struct file_watch *watch = owner;
    (void)events;
    watch->latest_ms = CLOCK_NEVER;
    watch->changed(watch->context);
}

static void on_closed(uv_handle_t *closed) {
    free(closed); /* the first member of its folder */
}
