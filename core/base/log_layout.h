/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a log: what the recorder (core/record) writes while a program runs and
 * what every report is read from (core/trace/log_reader). The kernel keeps them when
 * the program dies.
 *
 * A log is an array of 64 KB blocks. Numbers are in the byte order of the machine
 * (little endian on all that we support); a log is read where it was written or
 * refused.
 *
 *   block 0     struct vt_log_header, then nothing
 *   block 1 …   struct vt_block_header (64 bytes), then the block's body by its kind:
 *
 *     EVENTS   ┌────────┬────────┬─ … ─┐  slots of 24 bytes, `committed` of them valid,
 *              │ slot 0 │ slot 1 │     │  in the order in which the events ended
 *              └────────┴────────┴─ … ─┘
 *     SYMBOLS  ┌──────────────────┬─────────┬─ … ┐  entries of varying size,
 *              │ struct vt_symbol │ payload │    │  `committed` bytes valid; each a
 *              └──────────────────┴─────────┴─ … ┘  multiple of 8 bytes, append only
 *     STACK    ┌───────┬───────┬─ … ┐  struct vt_frame, outermost first: the calls of
 *              │ frame │ frame │    │  one thread that are open now. Segment 0 holds in
 *              └───────┴───────┴─ … ┘  `committed` the depth over all its segments
 *     FREE     nothing: waiting to be used again
 *
 * A block that is larger than 64 KB (one symbol with a very long text, one event with
 * a very long payload) has `span` > 1 and covers the following span - 1 blocks, which
 * have no header.
 *
 * Publishing: bytes first, then `committed` (and `depth`, `block_count`) with release
 * order. A reader loads the counter with acquire order and sees whole slots only. A
 * block that is used again changes `generation`: odd while it is being reset, even
 * otherwise; who reads a log that is still being written copies the block, reads the
 * generation again and drops the copy if it moved.
 *
 * Which events are kept: the newest `capacity` by end time over all EVENTS blocks whose
 * session is >= the header's `first_session`. More than that may still lie in the file;
 * the exporter cuts. What is lost is exact: header.recycled_events +
 * header.dropped_events + those cut.
 */
#ifndef VT_BASE_LOG_LAYOUT_H
#define VT_BASE_LOG_LAYOUT_H

#include <stdatomic.h>
#include <stdint.h>

#define VT_LOG_MAGIC        "VIZTLOG\n" /* 8 bytes */
#define VT_LOG_VERSION      1u
#define VT_LOG_BLOCK_BYTES  65536u
#define VT_LOG_HEADER_BYTES 64u /* of a block header */

/* What is added to the name of a run's directory before its files are removed: whoever
 * looks, even if the remover dies, finds all of a run's logs under the run's name or
 * none, and makes no second, poorer report. */
#define VT_LOG_DONE_SUFFIX ".done"

enum vt_log_flag {
    VT_LOG_TICKS_ARE_NS = 1u << 0, /* no invariant TSC: ticks are CLOCK_MONOTONIC ns */
};

enum vt_log_state {
    VT_LOG_RECORDING = 1, /* the program runs, or died without stopping */
    VT_LOG_STOPPED = 2,   /* tracing was stopped in order: no frame is open */
    VT_LOG_SAVED = 3,     /* a whole report has been written from it */
};

/* Two clocks read at one moment. (0, 0) = not there. */
struct vt_clock_pair {
    uint64_t ticks;
    uint64_t mono_ns; /* CLOCK_MONOTONIC */
};

struct vt_log_header {
    char magic[8];
    uint32_t version;
    uint32_t block_bytes; /* VT_LOG_BLOCK_BYTES */
    uint32_t flags;       /* enum vt_log_flag */
    int32_t pid;          /* of the recorded process image */
    int32_t ppid;
    int32_t main_tid;
    int64_t base_time_ns;       /* CLOCK_REALTIME - CLOCK_MONOTONIC at the start */
    uint64_t capacity;          /* tracer_entries: how many events are kept */
    struct vt_clock_pair start; /* the best of many tries */
    struct vt_clock_pair stop;  /* at the last stop; (0, 0) when the program died. ticks
                                   is written last */
    _Atomic uint64_t recycled_events; /* events in blocks of sessions still counted that
                                         were used again */
    _Atomic uint64_t dropped_events;  /* events for which there was no room at all */
    _Atomic uint32_t block_count;     /* blocks in use, header included */
    _Atomic uint32_t state;           /* enum vt_log_state */
    _Atomic uint32_t first_session;   /* events of earlier sessions were cleared */
    _Atomic uint32_t sync_marker_set; /* 1: sync_marker_ticks holds */
    _Atomic uint64_t sync_marker_ticks;
};

enum vt_block_kind {
    VT_BLOCK_FREE = 0,
    VT_BLOCK_EVENTS = 1,
    VT_BLOCK_SYMBOLS = 2,
    VT_BLOCK_STACK = 3,
    VT_BLOCK_SIDE = 4, /* payloads known at the entry of a call that is still open */
};

struct vt_block_header {
    _Atomic uint32_t kind;       /* enum vt_block_kind */
    uint32_t span;               /* how many 64 KB blocks this one covers, >= 1 */
    _Atomic uint32_t generation; /* odd: being reset */
    _Atomic uint32_t committed;  /* EVENTS slots | SYMBOLS, SIDE bytes | STACK depth */
    uint32_t session;            /* EVENTS */
    uint32_t thread;             /* STACK, SIDE: index of the thread */
    uint32_t segment;        /* STACK, SIDE: 0, 1, 2 … from the outermost inwards */
    _Atomic uint32_t events; /* EVENTS: slots that are events, set at the seal */
    struct vt_clock_pair opened; /* EVENTS: when the block was taken into use */
    uint64_t reserved[2];        /* the writer's own */
};

/* ---- events ---- */

/* One event, 24 bytes, written when it is complete. */
struct vt_event {
    uint64_t start;   /* ticks */
    uint64_t extra;   /* by kind: see enum vt_event_kind */
    uint32_t kind_id; /* kind in the high 4 bits, symbol id in the low 28 */
    uint32_t thread;  /* index of the thread (or task lane): symbol VT_SYMBOL_THREAD */
};

#define VT_EVENT_ID_BITS 28u
#define VT_EVENT_ID_MASK ((1u << VT_EVENT_ID_BITS) - 1u)

enum vt_event_kind {
    VT_EVENT_CALL = 0,    /* a call. extra = duration in ticks. payload = args */
    VT_EVENT_OPEN = 1,    /* a call open when tracing stopped ("B"). extra = the ticks
                             at which it stopped: its place in the order */
    VT_EVENT_INSTANT = 2, /* extra = scope: 'g', 'p' or 't'. payload = args or none */
    VT_EVENT_COUNTER = 3, /* payload = args, a JSON object */
    VT_EVENT_OBJECT = 4, /* extra = 'N', 'O' or 'D'. payload = {"id": …, "args": …} */
    VT_EVENT_RAW = 5,    /* payload = the event, a JSON object without pid and tid */
    VT_EVENT_DURATION = 6, /* log_event: like CALL; its id is a PYTHON symbol: the name
                              and the place of the call, or a NAME symbol */
    VT_EVENT_PAYLOAD = 15, /* not an event: the payload of the next event, see below */
};

/* A payload stands directly before its event, in the same block: one slot that is a
 * struct vt_event with kind VT_EVENT_PAYLOAD, start = size in bytes, then ceil(size /
 * 24) slots that hold the bytes: UTF-8 JSON text (lone surrogates as \uXXXX escapes).
 * Its thread is the event's. A payload of more than 16 KB stands with its event in an
 * EVENTS block of their own, of as many blocks as that takes.
 *
 * An INSTANT, COUNTER, OBJECT or DURATION whose id is VT_EVENT_ID_MASK has its name in
 * the payload: a JSON string, then what its payload would be, if any. So names that
 * differ from event to event are forgotten with their events. */
#define VT_EVENT_PAYLOAD_MAX_BYTES   16384u
#define VT_EVENT_PAYLOAD_LIMIT_BYTES (UINT32_C(256) << 20)

#define VT_BLOCK_SLOTS                                                                 \
    ((VT_LOG_BLOCK_BYTES - VT_LOG_HEADER_BYTES) / (uint32_t)sizeof(struct vt_event))

/* ---- shadow stacks ---- */

/* One open call. A crash between writing an event and lowering the depth may leave the
 * frame of an event that is already there; the order is depth first, event second, so
 * it does not. */
struct vt_frame {
    uint64_t start; /* ticks */
    uint32_t id;   /* symbol id; a frame with any of the 4 high bits set is not shown */
    uint32_t side; /* 0, or 1 + byte offset of its struct vt_side in the SIDE bytes */
};

/* An open call that began while its thread was paused. */
#define VT_FRAME_NOT_SHOWN (UINT32_C(1) << 31)

/* The payload of an open call, at most 16 KB. The bodies of a thread's SIDE blocks,
 * `segment` by segment, are one run of bytes; an entry starts at a multiple of 8 and
 * does not cross from one block to the next. */
struct vt_side {
    uint32_t size_bytes; /* of the JSON text that follows */
    uint32_t base;       /* the writer's own */
};

#define VT_BLOCK_FRAMES                                                                \
    ((VT_LOG_BLOCK_BYTES - VT_LOG_HEADER_BYTES) / (uint32_t)sizeof(struct vt_frame))

/* ---- symbols ---- */

/* Texts are UTF-8 in which lone surrogates are encoded like any code point (ED A0 80 …
 * ED BF BF, "surrogatepass"); they may contain NUL bytes, so sizes count. */
enum vt_symbol_kind {
    VT_SYMBOL_PYTHON = 1,  /* struct vt_symbol_python, qualified name, file name */
    VT_SYMBOL_C = 2,       /* text = "module.name" */
    VT_SYMBOL_NAME = 3,    /* text = name of an instant, counter, object, duration */
    VT_SYMBOL_THREAD = 4,  /* struct vt_symbol_thread, then name; id = thread index. A
                              later entry with the same id replaces the earlier one */
    VT_SYMBOL_PROCESS = 5, /* text = process name; the last one holds */
    VT_SYMBOL_COMMAND = 6, /* text = argv of the program, each word and a NUL byte */
    VT_SYMBOL_CONFIG = 7,  /* text = the configuration (core/record/config.h), so that a
                              report can be made as it was asked for */
    VT_SYMBOL_SOURCE = 8, /* struct vt_symbol_source, then a file name as PYTHON entries
                             have it, then the path at which its source lies: for
                             "<frozen …>" and for relative names */
};

struct vt_symbol {
    uint32_t size_bytes; /* of the whole entry with this header: a multiple of 8 */
    uint16_t kind;       /* enum vt_symbol_kind; unknown kinds are skipped */
    uint16_t flags;
    uint32_t id;         /* PYTHON, C, NAME share one number space from 0 on */
    uint32_t text_bytes; /* of the text that follows (without the struct below) */
};

/* Follows struct vt_symbol; the text is name_bytes of qualified name, then the file
 * name. */
struct vt_symbol_python {
    uint32_t name_bytes;
    int32_t line;    /* co_firstlineno */
    uint64_t device; /* of the source file when it was first seen; all 0: unknown */
    uint64_t inode;
    uint64_t size_bytes;
    int64_t mtime_ns;
};

/* Follows struct vt_symbol (id unused); the text is name_bytes of file name, then the
 * path. The identity is that of the file at the path. */
struct vt_symbol_source {
    uint32_t name_bytes;
    uint32_t reserved;
    uint64_t device;
    uint64_t inode;
    uint64_t size_bytes;
    int64_t mtime_ns;
};

enum vt_thread_flag {
    VT_THREAD_IS_TASK = 1u << 0, /* a lane of log_async, not a thread of the kernel */
};

struct vt_symbol_thread {
    uint64_t tid; /* gettid(), or the made-up id of a task */
    uint32_t flags;
    uint32_t reserved;
};

_Static_assert(sizeof(struct vt_block_header) == VT_LOG_HEADER_BYTES, "block header");
_Static_assert(sizeof(struct vt_event) == 24, "event slot");
_Static_assert(sizeof(struct vt_frame) == 16, "frame");
_Static_assert(sizeof(struct vt_symbol) == 16, "symbol header");
_Static_assert(sizeof(struct vt_log_header) <= VT_LOG_BLOCK_BYTES, "log header");

#endif
