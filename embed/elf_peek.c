/* SPDX-License-Identifier: Apache-2.0
 *
 * Every offset comes from the file and is checked against its size before use. */
#include "embed/elf_peek.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* `size` bytes of the file from `offset`; NULL when it does not have them. */
static const void *at(const struct vt_elf_peek *elf, uint64_t offset, uint64_t size) {
    if (offset > elf->size || size > elf->size - offset)
        return NULL;
    return elf->bytes + offset;
}

static bool is_ours(const struct vt_elf_peek *elf) {
    const ElfW(Ehdr) *head = at(elf, 0, sizeof *head);
    if (!head || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
        return false;
    int native = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    return head->e_ident[EI_CLASS] == native && head->e_shoff % sizeof(void *) == 0 &&
           head->e_shentsize == sizeof(ElfW(Shdr));
}

bool vt_elf_peek_open(struct vt_elf_peek *elf, const char *path) {
    *elf = (struct vt_elf_peek){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    struct stat facts;
    void *bytes = MAP_FAILED;
    if (fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0)
        bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return false;
    elf->bytes = bytes;
    elf->size = (size_t)facts.st_size;
    if (is_ours(elf))
        return true;
    vt_elf_peek_close(elf);
    return false;
}

void vt_elf_peek_close(struct vt_elf_peek *elf) {
    if (elf->bytes)
        munmap((void *)elf->bytes, elf->size);
    *elf = (struct vt_elf_peek){0};
}

static const ElfW(Shdr) * section(const struct vt_elf_peek *elf, size_t index) {
    const ElfW(Ehdr) *head = at(elf, 0, sizeof *head);
    if (!head || index >= head->e_shnum)
        return NULL;
    return at(elf, head->e_shoff + index * sizeof(ElfW(Shdr)), sizeof(ElfW(Shdr)));
}

static const ElfW(Shdr) *
    section_of_type(const struct vt_elf_peek *elf, uint32_t type) {
    const ElfW(Shdr) *found = NULL;
    for (size_t i = 0; (found = section(elf, i)) && found->sh_type != type; i++)
        continue;
    return found;
}

/* The array of `*count` entries that a section holds; NULL: not in the file. */
static const void *entries(const struct vt_elf_peek *elf, const ElfW(Shdr) * table,
                           size_t entry_bytes, size_t *count) {
    *count = table ? table->sh_size / entry_bytes : 0;
    if (!*count || table->sh_offset % sizeof(void *) != 0)
        return NULL;
    return at(elf, table->sh_offset, *count * entry_bytes);
}

/* The NUL-terminated text at `offset` of the string table that belongs to `table`. */
static const char *text_of(const struct vt_elf_peek *elf, const ElfW(Shdr) * table,
                           uint64_t offset) {
    const ElfW(Shdr) *strings = section(elf, table->sh_link);
    if (!strings || offset >= strings->sh_size)
        return NULL;
    const char *text = at(elf, strings->sh_offset, strings->sh_size);
    return text && memchr(text + offset, '\0', strings->sh_size - offset)
               ? text + offset
               : NULL;
}

const char *vt_elf_peek_needed(const struct vt_elf_peek *elf, const char *prefix) {
    const ElfW(Shdr) *table = section_of_type(elf, SHT_DYNAMIC);
    size_t count;
    const ElfW(Dyn) *dynamic = entries(elf, table, sizeof *dynamic, &count);
    for (size_t i = 0; dynamic && i < count; i++) {
        if (dynamic[i].d_tag != DT_NEEDED)
            continue;
        const char *name = text_of(elf, table, dynamic[i].d_un.d_val);
        if (name && strncmp(name, prefix, strlen(prefix)) == 0)
            return name;
    }
    return NULL;
}

/* The hash of a name in a DT_GNU_HASH table: Bernstein's, times 33. */
static uint32_t gnu_hash(const char *name) {
    uint32_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static bool is_definition(const struct vt_elf_peek *elf, const ElfW(Shdr) * table,
                          const ElfW(Sym) * symbol, const char *name) {
    const char *text =
        symbol->st_shndx == SHN_UNDEF ? NULL : text_of(elf, table, symbol->st_name);
    return text && strcmp(text, name) == 0;
}

struct symbols {
    const ElfW(Shdr) * table;
    const ElfW(Sym) * all;
    size_t count;
};

/* Through the hash table, which touches a handful of pages: head of four words, Bloom
 * filter, first symbol of each bucket, hashes of the symbols in order with the lowest
 * bit set at a bucket's end. */
static const ElfW(Sym) *
    find_hashed(const struct vt_elf_peek *elf, const struct symbols *symbols,
                const uint32_t *words, size_t word_count, const char *name) {
    uint32_t bucket_count = words[0], first = words[1];
    uint64_t buckets = 4 + (uint64_t)words[2] * (sizeof(ElfW(Addr)) / sizeof *words);
    uint64_t chains = buckets + bucket_count;
    uint32_t hash = gnu_hash(name);
    if (!bucket_count || chains > word_count)
        return NULL;
    for (uint32_t i = words[buckets + hash % bucket_count];
         i >= first && i < symbols->count && chains + (i - first) < word_count; i++) {
        uint32_t other = words[chains + (i - first)];
        if ((other | 1) == (hash | 1) &&
            is_definition(elf, symbols->table, &symbols->all[i], name))
            return &symbols->all[i];
        if (other & 1)
            break;
    }
    return NULL;
}

static const ElfW(Sym) * find_symbol(const struct vt_elf_peek *elf, const char *name) {
    struct symbols symbols = {.table = section_of_type(elf, SHT_DYNSYM)};
    symbols.all = entries(elf, symbols.table, sizeof *symbols.all, &symbols.count);
    if (!symbols.all)
        return NULL;
    size_t words;
    const uint32_t *hashes =
        entries(elf, section_of_type(elf, SHT_GNU_HASH), sizeof *hashes, &words);
    if (hashes && words >= 4)
        return find_hashed(elf, &symbols, hashes, words, name);
    for (size_t i = 0; i < symbols.count; i++) {
        if (is_definition(elf, symbols.table, &symbols.all[i], name))
            return &symbols.all[i];
    }
    return NULL;
}

bool vt_elf_peek_defines(const struct vt_elf_peek *elf, const char *symbol) {
    return find_symbol(elf, symbol) != NULL;
}

/* The address that the file was linked for, of its first byte. */
static uint64_t linked_base(const struct vt_elf_peek *elf) {
    const ElfW(Ehdr) *head = at(elf, 0, sizeof *head);
    size_t size = head ? head->e_phnum * sizeof(ElfW(Phdr)) : 0;
    const ElfW(Phdr) *parts = head && head->e_phoff % sizeof(void *) == 0
                                  ? at(elf, head->e_phoff, size)
                                  : NULL;
    for (size_t i = 0; parts && i < head->e_phnum; i++) {
        if (parts[i].p_type == PT_LOAD && parts[i].p_offset == 0)
            return parts[i].p_vaddr;
    }
    return 0;
}

bool vt_elf_peek_place(const struct vt_elf_peek *elf, const char *symbol,
                       uint64_t *place, uint64_t *size) {
    const ElfW(Sym) *found = find_symbol(elf, symbol);
    if (!found)
        return false;
    *place = found->st_value - linked_base(elf);
    if (size)
        *size = found->st_size;
    return true;
}

unsigned long vt_elf_peek_constant(const struct vt_elf_peek *elf, const char *symbol) {
    const ElfW(Sym) *found = find_symbol(elf, symbol);
    const ElfW(Shdr) *home = found ? section(elf, found->st_shndx) : NULL;
    if (!home || home->sh_type != SHT_PROGBITS || found->st_value < home->sh_addr)
        return 0;
    const void *place =
        at(elf, home->sh_offset + (found->st_value - home->sh_addr), sizeof(long));
    unsigned long value = 0;
    if (place)
        memcpy(&value, place, sizeof value);
    return value;
}
