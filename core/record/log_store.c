/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/log_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* First touch of memory is what recording costs in a new log. Nanoseconds per call of
 * test/bench/bench_record, 1 M calls, where a used ring costs 22 (Linux 6.18, ext4, 2
 * cores of a virtual machine, least of 15 to 21 rounds):
 *
 *                                              file   anonymous, shared / private
 *   pages of 4 KB as they are touched           128       97 / -
 *   populated with each block of 64 KB           48       43 / 39
 *   populated with each step of 256 KB           48        - / 40
 *   populated with each step of 2 MB             47       43 / 43
 *   huge pages, populated with each block      27.6       43 / 25.4
 *   huge pages, populated with each step       28.3        - / 26.0
 *   huge pages as they are touched             34.2        - / 28.6
 *
 * The longest pause is 0.3 to 0.4 ms in a file with huge pages, 1.1 ms where a step of
 * 2 MB is populated in pages of 4 KB: so a step is populated block by block, which is
 * right with and without huge pages. The first step is small: a log is made in 0.1 ms
 * (anonymous: 0.08 ms). */
enum { HUGE_STEP_BLOCKS = 32 };

/* What a block of a file's first step begins with. */
enum { PART_BYTES = 8192 };

/* What we leave free on a file system for others. */
#define KEEP_FREE_BYTES (UINT64_C(16) << 20)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14; older kernels answer EINVAL */
#endif

static uint64_t blocks_to_bytes(uint64_t blocks) {
    return blocks * VT_LOG_BLOCK_BYTES;
}

/* Whether a file may grow to `end` bytes without a signal or a full disk. */
static bool file_may_grow(int fd, uint64_t end, uint64_t more) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        end > limit.rlim_cur)
        return false;
    struct statvfs vfs;
    if (fstatvfs(fd, &vfs) != 0)
        return true;
    return (uint64_t)vfs.f_bavail * vfs.f_frsize >= more + KEEP_FREE_BYTES;
}

static int allocate(int fd, uint64_t offset, uint64_t size) {
    while (fallocate(fd, 0, (off_t)offset, (off_t)size) != 0) {
        if (errno != EINTR)
            return errno;
    }
    return 0;
}

/* Takes the space on disk; EFBIG and ENOSPC are what a refusal looks like. */
static int take_file_space(int fd, uint64_t offset, uint64_t size) {
    if (!file_may_grow(fd, offset + size, size))
        return ENOSPC;
    return allocate(fd, offset, size);
}

/* The file has the size of the first step, and space for the beginning of each block.
 */
static int take_first_space(int fd) {
    uint64_t size = blocks_to_bytes(VT_LOG_FIRST_BLOCKS);
    if (!file_may_grow(fd, size, size))
        return ENOSPC;
    int error = ftruncate(fd, (off_t)size) == 0 ? 0 : errno;
    for (uint64_t i = 0; !error && i < VT_LOG_FIRST_BLOCKS; i++)
        error = allocate(fd, blocks_to_bytes(i), PART_BYTES);
    return error;
}

/* The log's file again, or -1 with errno: not when another file has its name now. */
static int reopen(const struct vt_log_store *store) {
    int fd = open(store->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || (fstat(fd, &st) == 0 && st.st_dev == store->device &&
                   st.st_ino == store->inode))
        return fd;
    close(fd);
    errno = ESTALE;
    return -1;
}

/* Maps the step. `fd` -1: anonymous memory, private because shared memory seldom has
 * huge pages; nobody could share it (MADV_DONTFORK). NULL with errno set. */
static void *map_step(int fd, uint64_t offset, uint64_t size) {
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *base =
        mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, fd < 0 ? 0 : (off_t)offset);
    if (base == MAP_FAILED)
        return NULL;
    madvise(base, size, MADV_DONTFORK);
    madvise(base, size, MADV_DONTDUMP);
    if (offset || fd < 0) /* a large page would take space for all of the first step */
        madvise(base, size, MADV_HUGEPAGE);
    return base;
}

static bool keep_step(struct vt_log_store *store, struct vt_log_step step) {
    if (store->step_count == store->step_capacity) {
        uint32_t capacity = store->step_capacity ? store->step_capacity * 2 : 16;
        struct vt_log_step *steps = realloc(store->steps, capacity * sizeof *steps);
        if (!steps)
            return false;
        store->steps = steps;
        store->step_capacity = capacity;
    }
    store->steps[store->step_count++] = step;
    return true;
}

static uint32_t blocks_mapped(const struct vt_log_store *store) {
    if (!store->step_count)
        return 0;
    const struct vt_log_step *last = &store->steps[store->step_count - 1];
    return last->first_block + last->block_count;
}

/* Maps `count` more blocks of the open file (or of memory). 0 or the errno that says
 * why not. */
static int add_step(struct vt_log_store *store, int fd, uint32_t count) {
    uint32_t first = blocks_mapped(store);
    uint64_t offset = blocks_to_bytes(first), size = blocks_to_bytes(count);
    if (store->max_bytes && offset + size > store->max_bytes)
        return EFBIG;
    int error = 0;
    if (fd >= 0)
        error = first ? take_file_space(fd, offset, size) : take_first_space(fd);
    if (error)
        return error;
    void *base = map_step(fd, offset, size);
    if (!base)
        return errno;
    if (!keep_step(store, (struct vt_log_step){base, first, count})) {
        munmap(base, size);
        return ENOMEM;
    }
    for (uint32_t i = 0; !first && i < VT_LOG_FIRST_BLOCKS; i++)
        store->backed[i] = fd < 0 ? VT_LOG_BLOCK_BYTES : PART_BYTES;
    store->next_block = first;
    return 0;
}

/* The file lost its name (a cleaner of temporary folders, a change of root): what is
 * mapped stays, the log grows in memory. */
static void leave_file(struct vt_log_store *store) {
    free(store->path);
    store->path = NULL;
}

static int grow_by(struct vt_log_store *store, uint32_t count) {
    int fd = store->path ? reopen(store) : -1;
    if (store->path && fd < 0) {
        if (errno != ENOENT && errno != ESTALE)
            return errno;
        leave_file(store);
    }
    int error = add_step(store, fd, count);
    if (fd >= 0)
        close(fd);
    return error;
}

/* The log doubles until it has 2 MB. Further steps end at a multiple of 2 MB of the
 * file, so that each is one huge page where the file system has them. */
static uint32_t next_step_blocks(const struct vt_log_store *store) {
    uint32_t mapped = blocks_mapped(store);
    uint32_t count = HUGE_STEP_BLOCKS - mapped % HUGE_STEP_BLOCKS;
    count = count < mapped ? count : mapped;
    return count < store->most_blocks ? count : store->most_blocks;
}

/* One step of at least `least` blocks, a smaller one than usual where that is refused:
 * the last bytes below a bound are used, too. */
static int grow(struct vt_log_store *store, uint32_t least) {
    uint32_t usual = next_step_blocks(store);
    uint32_t count = usual > least ? usual : least;
    int error = grow_by(store, count);
    while (error && count > least) {
        count = count / 2 > least ? count / 2 : least;
        error = grow_by(store, count);
    }
    if (count < usual)
        store->most_blocks = count;
    else if (!error && store->most_blocks < HUGE_STEP_BLOCKS)
        store->most_blocks *= 2;
    return error;
}

struct vt_log_header *vt_log_store_head(const struct vt_log_store *store) {
    return (struct vt_log_header *)(void *)store->steps[0].base;
}

/* Makes the file, locks it and maps the first step. 0 or errno. */
static int open_file(struct vt_log_store *store, const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    struct stat st;
    int error = fstat(fd, &st) == 0 ? 0 : errno;
    if (!error && !(store->path = strdup(path)))
        error = ENOMEM;
    if (!error) {
        store->device = st.st_dev;
        store->inode = st.st_ino;
        flock(fd, LOCK_EX | LOCK_NB);
        error = add_step(store, fd, VT_LOG_FIRST_BLOCKS);
    }
    close(fd);
    if (error)
        unlink(path);
    return error;
}

enum vt_status vt_log_store_open(struct vt_log_store *store, const char *path,
                                 uint64_t max_bytes, struct vt_error *err) {
    uint64_t least = blocks_to_bytes(VT_LOG_FIRST_BLOCKS);
    *store = (struct vt_log_store){
        .max_bytes = max_bytes && max_bytes < least ? least : max_bytes,
        .most_blocks = HUGE_STEP_BLOCKS,
    };
    int error =
        path ? open_file(store, path) : add_step(store, -1, VT_LOG_FIRST_BLOCKS);
    if (error) {
        vt_log_store_close(store);
        return vt_error_set_errno(err, error, "%s", path ? path : "the log");
    }
    store->next_block = 1;
    return VT_OK;
}

void vt_log_store_close(struct vt_log_store *store) {
    for (uint32_t i = 0; i < store->step_count; i++)
        munmap(store->steps[i].base, blocks_to_bytes(store->steps[i].block_count));
    free(store->path);
    free(store->steps);
    free(store->free_blocks);
    *store = (struct vt_log_store){0};
}

static void raise_block_count(struct vt_log_store *store) {
    struct vt_log_header *head = vt_log_store_head(store);
    atomic_store_explicit(&head->block_count, store->next_block, memory_order_release);
}

/* The unused rest of the last step becomes free single blocks when a span does not fit
 * it. */
static void free_the_rest(struct vt_log_store *store) {
    uint32_t end = blocks_mapped(store);
    while (store->next_block < end) {
        const struct vt_log_step *step = &store->steps[store->step_count - 1];
        char *at = step->base + blocks_to_bytes(store->next_block - step->first_block);
        struct vt_block_header *block = (struct vt_block_header *)(void *)at;
        block->span = 1;
        store->next_block++;
        vt_log_store_give(store, block);
    }
    raise_block_count(store);
}

/* ---- blocks that have their beginning only ---- */

/* The index of a block of the first step; VT_LOG_FIRST_BLOCKS: of another. */
static uint32_t first_index(const struct vt_log_store *store,
                            const struct vt_block_header *block) {
    const char *base = store->steps[0].base, *at = (const char *)block;
    uint64_t end = blocks_to_bytes(VT_LOG_FIRST_BLOCKS);
    return at < base || at >= base + end
               ? VT_LOG_FIRST_BLOCKS
               : (uint32_t)((uint64_t)(at - base) / VT_LOG_BLOCK_BYTES);
}

uint32_t vt_log_store_backed(const struct vt_log_store *store,
                             const struct vt_block_header *block) {
    uint32_t index = first_index(store, block);
    return index < VT_LOG_FIRST_BLOCKS ? store->backed[index] : VT_LOG_BLOCK_BYTES;
}

bool vt_log_store_back(struct vt_log_store *store,
                       const struct vt_block_header *block) {
    uint32_t index = first_index(store, block);
    uint32_t have = vt_log_store_backed(store, block);
    if (have == VT_LOG_BLOCK_BYTES)
        return true;
    int fd = store->path ? reopen(store) : -1;
    if (fd < 0)
        return false;
    uint64_t more = VT_LOG_BLOCK_BYTES - have;
    int error = take_file_space(fd, blocks_to_bytes(index) + have, more);
    close(fd);
    if (error)
        return false;
    store->backed[index] = VT_LOG_BLOCK_BYTES;
    madvise(store->steps[0].base + blocks_to_bytes(index) + have, more,
            MADV_POPULATE_WRITE);
    return true;
}

/* Whole blocks for what is longer than one. */
static bool back_all(struct vt_log_store *store, char *at, uint32_t span) {
    for (uint32_t i = 0; i < span; i++) {
        char *block = at + blocks_to_bytes(i);
        if (!vt_log_store_back(store, (struct vt_block_header *)(void *)block))
            return false;
    }
    return true;
}

/* ---- taking and giving ---- */

static struct vt_block_header *new_block(struct vt_log_store *store, uint32_t span) {
    if (blocks_mapped(store) - store->next_block < span) {
        free_the_rest(store);
        if (grow(store, span) != 0)
            return NULL;
    }
    const struct vt_log_step *step = &store->steps[store->step_count - 1];
    char *at = step->base + blocks_to_bytes(store->next_block - step->first_block);
    if (span > 1 && !back_all(store, at, span))
        return NULL;
    store->next_block += span;
    struct vt_block_header *block = (struct vt_block_header *)(void *)at;
    madvise(at, span > 1 ? blocks_to_bytes(span) : vt_log_store_backed(store, block),
            MADV_POPULATE_WRITE);
    return block;
}

/* Makes a block that is in nobody's hands as new. */
static void reset(struct vt_log_store *store, struct vt_block_header *block,
                  uint32_t span) {
    uint32_t generation =
        atomic_load_explicit(&block->generation, memory_order_relaxed);
    atomic_store_explicit(&block->generation, generation | 1u, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&block->committed, 0, memory_order_relaxed);
    atomic_store_explicit(&block->events, 0, memory_order_relaxed);
    block->span = span;
    raise_block_count(store);
    block->session = 0;
    block->thread = 0;
    block->segment = 0;
    block->opened = (struct vt_clock_pair){0, 0};
    block->reserved[0] = 0;
    block->reserved[1] =
        UINT64_MAX; /* the sentinel below a stack: no frame has this id */
}

static struct vt_block_header *take(struct vt_log_store *store, uint32_t span) {
    struct vt_block_header *block;
    if (span == 1 && store->free_count)
        block = store->free_blocks[--store->free_count];
    else
        block = new_block(store, span);
    if (block)
        reset(store, block, span);
    return block;
}

struct vt_block_header *vt_log_store_take_part(struct vt_log_store *store) {
    return take(store, 1);
}

struct vt_block_header *vt_log_store_take(struct vt_log_store *store, uint32_t span) {
    struct vt_block_header *block = take(store, span);
    if (block && !vt_log_store_back(store, block)) {
        vt_log_store_give(store, block);
        return NULL;
    }
    return block;
}

void vt_log_store_publish(struct vt_block_header *block, enum vt_block_kind kind) {
    atomic_store_explicit(&block->kind, kind, memory_order_relaxed);
    uint32_t generation =
        atomic_load_explicit(&block->generation, memory_order_relaxed);
    atomic_store_explicit(&block->generation, generation + 1, memory_order_release);
}

static void keep_free(struct vt_log_store *store, struct vt_block_header *block) {
    if (store->free_count == store->free_capacity) {
        uint32_t capacity = store->free_capacity ? store->free_capacity * 2 : 32;
        struct vt_block_header **blocks =
            realloc(store->free_blocks, capacity * sizeof(struct vt_block_header *));
        if (!blocks)
            return; /* the block stays unused: a loss of room, not of events */
        store->free_blocks = blocks;
        store->free_capacity = capacity;
    }
    store->free_blocks[store->free_count++] = block;
}

/* A long block becomes single ones. Their headers lie where its bytes were, so its
 * generation tells readers first, and its span changes last. */
static void split(struct vt_log_store *store, struct vt_block_header *block) {
    uint32_t generation =
        atomic_load_explicit(&block->generation, memory_order_relaxed);
    atomic_store_explicit(&block->generation, generation + 2, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (uint32_t i = 1; i < block->span; i++) {
        struct vt_block_header *part =
            (struct vt_block_header *)(void *)((char *)block + blocks_to_bytes(i));
        memset(part, 0, sizeof *part); /* kind VT_BLOCK_FREE */
        part->span = 1;
        keep_free(store, part);
    }
    atomic_thread_fence(memory_order_release);
    block->span = 1;
}

void vt_log_store_give(struct vt_log_store *store, struct vt_block_header *block) {
    atomic_store_explicit(&block->kind, VT_BLOCK_FREE, memory_order_release);
    if (block->span > 1)
        split(store, block);
    keep_free(store, block);
}

/* The step that holds block `index`, which is mapped. */
static const struct vt_log_step *find_step(const struct vt_log_store *store,
                                           uint64_t index) {
    uint32_t low = 0, high = store->step_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (store->steps[middle].first_block <= index)
            low = middle;
        else
            high = middle;
    }
    return &store->steps[low];
}

void vt_log_store_share(const struct vt_log_store *store, bool share) {
    for (uint32_t i = 0; i < store->step_count; i++)
        madvise(store->steps[i].base, blocks_to_bytes(store->steps[i].block_count),
                share ? MADV_DOFORK : MADV_DONTFORK);
}

/* Copies up to `size` bytes of one step; 0 for those there is no space for: a look at
 * them would take space from some file systems. Returns how many. */
static uint64_t copy_backed(const struct vt_log_store *store, char *to,
                            const char *from, uint64_t size) {
    uint64_t offset = (uint64_t)(from - store->steps[0].base);
    if (first_index(store, (const void *)from) == VT_LOG_FIRST_BLOCKS) {
        memcpy(to, from, size);
        return size;
    }
    uint64_t inside = offset % VT_LOG_BLOCK_BYTES;
    uint32_t backed = store->backed[offset / VT_LOG_BLOCK_BYTES];
    uint64_t left = VT_LOG_BLOCK_BYTES - inside;
    size = size < left ? size : left;
    uint64_t there = inside < backed ? backed - inside : 0;
    there = there < size ? there : size;
    memcpy(to, from, there);
    memset(to + there, 0, size - there);
    return size;
}

ptrdiff_t vt_log_store_read_at(const struct vt_log_store *store, uint64_t offset,
                               void *bytes, size_t size) {
    uint64_t end = blocks_to_bytes(blocks_mapped(store));
    size_t done = 0;
    while (done < size && offset + done < end) {
        uint64_t at = offset + done;
        const struct vt_log_step *step = find_step(store, at / VT_LOG_BLOCK_BYTES);
        uint64_t begin = at - blocks_to_bytes(step->first_block);
        uint64_t n = blocks_to_bytes(step->block_count) - begin;
        n = n < size - done ? n : size - done;
        n = copy_backed(store, (char *)bytes + done, step->base + begin, n);
        done += n;
    }
    return (ptrdiff_t)done;
}
