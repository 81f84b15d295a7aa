/* SPDX-License-Identifier: Apache-2.0 */
/* See channel.h. The heart is channel_next(): the loop that bulla/connection.h describes, over a
 * socket that never blocks, with a deadline for all that is waited for. */
#define _POSIX_C_SOURCE 200809L
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_MS = 1000 };

static bool give_up(struct channel *channel, const char *trouble) {
    channel->trouble = trouble;
    return false;
}

static bool wait_for(struct channel *channel, short events) {
    struct pollfd ready = {.fd = channel->fd, .events = events};
    for (;;) {
        int64_t left = channel->deadline_ms - now_ms();
        int num = poll(&ready, 1, left > 0 ? (int)left : 0);
        if (num > 0) {
            return true;
        }
        if (num == 0) {
            return give_up(channel, "the deadline passed");
        }
        if (errno != EINTR) {
            return give_up(channel, "the socket failed");
        }
    }
}

static int connect_to(struct channel *channel, const struct addrinfo *address) {
    int error = 0;
    socklen_t len = sizeof error;
    channel->fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (channel->fd < 0) {
        return errno;
    }
    fcntl(channel->fd, F_SETFL, O_NONBLOCK);
    if (connect(channel->fd, address->ai_addr, address->ai_addrlen) == 0) {
        return 0;
    }
    if (errno == EINPROGRESS && wait_for(channel, POLLOUT)) {
        getsockopt(channel->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    } else {
        error = ETIMEDOUT;
    }
    return error;
}

bool channel_connect(struct channel *channel, bulla_config *config, bulla_workspace *workspace,
                     const char *host, const char *port, int timeout_ms) {
    struct addrinfo *addresses, wanted = {.ai_socktype = SOCK_STREAM};
    *channel = (struct channel){.fd = -1, .deadline_ms = now_ms() + timeout_ms};
    if (getaddrinfo(host, port, &wanted, &addresses) != 0) {
        return give_up(channel, "the host has no address");
    }
    int error = EINVAL;
    for (struct addrinfo *each = addresses; each != NULL && error != 0; each = each->ai_next) {
        error = connect_to(channel, each);
        if (error != 0 && channel->fd >= 0) {
            close(channel->fd);
            channel->fd = -1;
        }
    }
    freeaddrinfo(addresses);
    if (error != 0) {
        return give_up(channel, "nobody answers there");
    }
    must(bulla_connection_new_client(&channel->connection, config, workspace, text(host)), host);
    return true;
}

bool channel_send_sealed(struct channel *channel, const uint8_t *bytes, size_t len) {
    while (len != 0) {
        ssize_t sent = send(channel->fd, bytes, len, MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes += sent;
            len -= (size_t)sent;
        } else if (errno != EAGAIN && errno != EINTR) {
            return give_up(channel, "the socket failed");
        } else if (!wait_for(channel, POLLOUT)) {
            return false;
        }
    }
    return true;
}

static bool flush(struct channel *channel) {
    bulla_bytes output = bulla_connection_output(channel->connection);
    if (!channel_send_sealed(channel, output.data, output.len)) {
        return false;
    }
    bulla_connection_output_sent(channel->connection, output.len);
    return true;
}

static bool receive(struct channel *channel) {
    if (!wait_for(channel, POLLIN)) {
        return false;
    }
    ssize_t len = recv(channel->fd, channel->buffer, sizeof channel->buffer, 0);
    if (len < 0 && errno != EAGAIN && errno != EINTR) {
        return give_up(channel, "the socket failed");
    }
    if (len == 0) {
        bulla_connection_receive_end(channel->connection);
    }
    channel->input = (bulla_input){channel->buffer, len > 0 ? (size_t)len : 0};
    return true;
}

bulla_event channel_next(struct channel *channel, bulla_bytes *out_data) {
    channel->trouble = NULL;
    for (;;) {
        bulla_event event =
            bulla_connection_receive(channel->connection, &channel->input, out_data);
        if (event == BULLA_EVENT_FAILED) {
            (void)flush(channel); /* the alert, if it still can be sent */
        }
        if (event != BULLA_EVENT_NEED_BYTES) {
            return event;
        }
        if (!flush(channel) || !receive(channel)) {
            return BULLA_EVENT_INVALID;
        }
    }
}

bool channel_handshake(struct channel *channel) {
    bulla_bytes none;
    return channel_next(channel, &none) == BULLA_EVENT_HANDSHAKE_DONE;
}

bool channel_send(struct channel *channel, bulla_bytes data) {
    uint8_t sealed[17000]; /* room for a record, so that each turn takes some of `data` */
    size_t len;
    while (data.len != 0) {
        if (bulla_connection_send(channel->connection, &data, sealed, sizeof sealed, &len) !=
                BULLA_OK ||
            !channel_send_sealed(channel, sealed, len)) {
            return false;
        }
    }
    return true;
}

void channel_explain(const struct channel *channel, const char *who) {
    bulla_failure failure = {.cause = BULLA_OK};
    if (channel->connection != NULL) {
        failure = bulla_connection_failure(channel->connection);
    }
    const bulla_cause_info *about = bulla_cause_about(failure.cause);
    if (failure.cause == BULLA_OK) {
        fprintf(stderr, "%s: %s\n", who, channel->trouble == NULL ? "closed" : channel->trouble);
    } else if (failure.cause == BULLA_E_ALERT_RECEIVED) {
        fprintf(stderr, "%s: the peer refused: %s\n", who,
                bulla_alert_name(failure.alert_received));
    } else if (failure.report != NULL) {
        fprintf(stderr, "%s: %s: %s; %s\n", who, about->name, failure.report->evidence,
                failure.report->fix);
    } else {
        fprintf(stderr, "%s: %s: %s; %s\n", who, about->name, about->says, about->fix);
    }
}

/* close() with unread input makes the system send a reset, which can destroy what the peer has not
 * read yet: so the peer closes first, within a second. */
void channel_close(struct channel *channel) {
    channel->deadline_ms = now_ms() + LINGER_MS;
    if (channel->connection != NULL && bulla_connection_close(channel->connection) == BULLA_OK &&
        flush(channel)) {
        shutdown(channel->fd, SHUT_WR);
        while (wait_for(channel, POLLIN) &&
               recv(channel->fd, channel->buffer, sizeof channel->buffer, 0) > 0) {
        }
    }
    bulla_connection_free(channel->connection);
    if (channel->fd >= 0) {
        close(channel->fd);
    }
    channel->connection = NULL;
    channel->fd = -1;
}
