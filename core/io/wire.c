/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void vt_wire_boot_id(char text[VT_WIRE_BOOT_ID_BYTES]) {
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, VT_WIRE_BOOT_ID_BYTES - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    text[strcspn(text, " \n")] = '\0';
    if (!text[0])
        memcpy(text, "-", 2);
}

int64_t vt_wire_clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static enum vt_status socket_error(struct vt_error *err) {
    int error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK)
        return vt_error_set(err, VT_ERR_IO, "no answer");
    return vt_error_set(err, VT_ERR_IO, "%s", strerror(error));
}

enum vt_status vt_wire_send(int fd, const void *bytes, size_t size,
                            struct vt_error *err) {
    const char *at = bytes;
    while (size) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return socket_error(err);
        at += n;
        size -= (size_t)n;
    }
    return VT_OK;
}

/* Byte by byte: what follows the line is for others to read. */
enum vt_status vt_wire_receive_line(int fd, char line[VT_WIRE_LINE_BYTES],
                                    struct vt_error *err) {
    for (size_t used = 0; used < VT_WIRE_LINE_BYTES;) {
        ssize_t n = recv(fd, line + used, 1, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return socket_error(err);
        if (n == 0)
            return vt_error_set(err, VT_ERR_IO, "the connection was closed");
        if (line[used] == '\n') {
            line[used] = '\0';
            return VT_OK;
        }
        used++;
    }
    return vt_error_set(err, VT_ERR_FORMAT, "the answer is too long");
}
