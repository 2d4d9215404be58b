/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection to a report server: what it may say, and how far it has come.
 *
 * Reads what is there and never waits. Whatever is not as core/io/wire.h draws it ends
 * the connection.
 *
 * Threads:   no global state.
 * Ownership: vt_depot_client_close closes the connection and frees the report, unless
 *            the report was taken out.
 */
#ifndef VT_IO_DEPOT_CLIENT_H
#define VT_IO_DEPOT_CLIENT_H

#include "core/base/error.h"
#include "core/io/spool.h"
#include "core/io/wire.h"

#include <stdbool.h>
#include <stdint.h>

/* A report that came, or is coming. */
struct vt_depot_report {
    struct vt_spool spool; /* {-1}: nothing yet */
    uint64_t size_bytes;
    int64_t shift_ns, uncertainty_ns;
    char name[96]; /* "<host>:<pid>" */
};

/* How clients are judged. */
struct vt_depot_rules {
    const char *token; /* NULL: any will do */
    char boot_id[VT_WIRE_BOOT_ID_BYTES];
    const char *spool_dir;
    uint64_t max_bytes; /* of a report */
};

enum vt_depot_stage {
    VT_DEPOT_STRANGER, /* has not said HELLO */
    VT_DEPOT_KNOWN,
    VT_DEPOT_SENDING,
    VT_DEPOT_DONE, /* its report is here */
    VT_DEPOT_GONE,
};

struct vt_depot_client {
    int fd;
    enum vt_depot_stage stage;
    int64_t since_ns; /* when it came, by vt_wire_clock_ns */
    char line[VT_WIRE_LINE_BYTES];
    size_t line_bytes;
    unsigned char head[4]; /* of the piece that comes */
    uint32_t head_bytes;
    uint32_t piece_left;
    struct vt_depot_report report;
};

/* Takes the connection, which does not block. */
void vt_depot_client_open(struct vt_depot_client *client, int fd);
void vt_depot_client_close(struct vt_depot_client *client);

/* Something can be read. The stage tells what became of it; GONE with an error that
 * says why, or VT_OK when the client went as it may. */
VT_NODISCARD enum vt_status vt_depot_client_read(struct vt_depot_client *client,
                                                 const struct vt_depot_rules *rules,
                                                 struct vt_error *err);

#endif
