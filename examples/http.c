/* SPDX-License-Identifier: Apache-2.0 */
/* See http.h. Bodies of requests and chunked answers are refused, not misread. */
#define _POSIX_C_SOURCE 200809L
#include "http.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 256 };

bulla_bytes http_request(char out[1024], const char *host, const char *path, bool keep_alive) {
    snprintf(out, 1024, "GET %.512s HTTP/1.1\r\nHost: %.255s\r\nConnection: %s\r\n\r\n", path, host,
             keep_alive ? "keep-alive" : "close");
    return text(out);
}

/* The value of a field of the head, up to its end of line; NULL where it is not there. */
static const char *field(const char *head, const char *name) {
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, strlen(name)) == 0 && line[2 + strlen(name)] == ':') {
            line += 3 + strlen(name);
            return line + strspn(line, " \t");
        }
    }
    return NULL;
}

static bool ends_head(const char *head, size_t len) {
    return len >= 4 && memcmp(head + len - 4, "\r\n\r\n", 4) == 0;
}

bool http_answer(struct channel *channel, struct answer *out) {
    bulla_event event;
    bulla_bytes data;
    size_t body_len_max = SIZE_MAX; /* without a length the body ends with the connection */
    *out = (struct answer){.head_len = 0};
    while ((event = channel_next(channel, &data)) == BULLA_EVENT_DATA) {
        for (; data.len != 0 && !ends_head(out->head, out->head_len); data.data++, data.len--) {
            if (out->head_len == HTTP_HEAD_MAX) {
                return false;
            }
            out->head[out->head_len++] = (char)*data.data;
        }
        out->body_len += data.len;
        if (ends_head(out->head, out->head_len)) {
            const char *length = field(out->head, "content-length");
            const char *connection = field(out->head, "connection");
            if (field(out->head, "transfer-encoding") != NULL) {
                return false;
            }
            body_len_max = length == NULL ? SIZE_MAX : strtoul(length, NULL, 10);
            out->reusable = length != NULL && strncmp(out->head, "HTTP/1.1 ", 9) == 0 &&
                            (connection == NULL || strncasecmp(connection, "close", 5) != 0);
        }
        if (out->body_len >= body_len_max) {
            return out->body_len == body_len_max;
        }
    }
    return event == BULLA_EVENT_CLOSED && out->head_len != 0 && body_len_max == SIZE_MAX;
}

int http_status_len(const struct answer *answer) {
    return (int)strcspn(answer->head, "\r\n");
}

int http_request_add(struct request *request, uint8_t byte) {
    if (ends_head(request->head, request->len)) {
        request->len = 0;
    }
    if (request->len == HTTP_HEAD_MAX) {
        return -1;
    }
    request->head[request->len++] = (char)byte;
    request->head[request->len] = '\0';
    if (!ends_head(request->head, request->len)) {
        return 0;
    }
    bool has_body = field(request->head, "content-length") != NULL ||
                    field(request->head, "transfer-encoding") != NULL;
    return strncmp(request->head, "GET ", 4) == 0 && !has_body ? 1 : -1;
}

bool http_send_text(struct channel *channel, const char *body) {
    char head[128];
    snprintf(head, sizeof head,
             "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
             strlen(body));
    return channel_send(channel, text(head)) && channel_send(channel, text(body));
}

/* ------------------------------------------------------------------ the accept loop */

/* What all threads share: a config may be shared, a workspace and a connection may not. */
struct server {
    bulla_config *config;
    void (*handle)(struct channel *channel, const void *context);
    const void *context;
    sem_t room;
};

struct task {
    struct server *server;
    int fd;
};

static void *attend(void *argument) {
    struct task task = *(struct task *)argument;
    struct channel channel = {.fd = task.fd};
    bulla_workspace *workspace;
    free(argument);
    must(bulla_workspace_new(&workspace), "a thread");
    must(bulla_connection_new_server(&channel.connection, task.server->config, workspace),
         "a connection");
    task.server->handle(&channel, task.server->context);
    channel_close(&channel);
    bulla_workspace_free(workspace);
    sem_post(&task.server->room);
    return NULL;
}

static int listen_on(const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 128) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        perror(port);
        exit(3);
    }
    printf("Listening on 127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

void serve(const char *port, bulla_config *config,
           void (*handle)(struct channel *channel, const void *context), const void *context) {
    struct server server = {.config = config, .handle = handle, .context = context};
    int listener = listen_on(port);
    sem_init(&server.room, 0, CONNECTIONS_MAX);
    for (;;) {
        pthread_t thread;
        sem_wait(&server.room);
        struct task *task = malloc(sizeof *task);
        int fd = accept(listener, NULL, NULL);
        if (task == NULL || fd < 0) {
            free(task);
            sem_post(&server.room);
            continue;
        }
        fcntl(fd, F_SETFL, O_NONBLOCK);
        *task = (struct task){&server, fd};
        if (pthread_create(&thread, NULL, attend, task) == 0) {
            pthread_detach(thread);
        } else {
            free(task);
            close(fd);
            sem_post(&server.room);
        }
    }
}
