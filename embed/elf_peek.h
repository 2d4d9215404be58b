/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads facts from an ELF file without running it: which library it needs, what it
 * exports and where, and the value of an exported constant. Goes by the section
 * headers, which linkers always write; a file without them, of another machine or
 * broken in any way says nothing.
 *
 * Ownership: vt_elf_peek_open maps the file, vt_elf_peek_close unmaps it.
 */
#ifndef VT_EMBED_ELF_PEEK_H
#define VT_EMBED_ELF_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_elf_peek {
    const unsigned char *bytes; /* NULL: not an ELF file of this machine */
    size_t size;
};

/* False (and nothing to close) when `path` is not an ELF file of this machine. */
bool vt_elf_peek_open(struct vt_elf_peek *elf, const char *path);
void vt_elf_peek_close(struct vt_elf_peek *elf);

/* The first needed library whose name starts with `prefix`, borrowed until the close;
 * NULL: none. */
const char *vt_elf_peek_needed(const struct vt_elf_peek *elf, const char *prefix);

/* Does the file define this dynamic symbol? */
bool vt_elf_peek_defines(const struct vt_elf_peek *elf, const char *symbol);

/* Where an exported function or variable lies, counted from the place where the file's
 * first byte is mapped; `size` (may be NULL) in bytes. False: it is not exported. */
bool vt_elf_peek_place(const struct vt_elf_peek *elf, const char *symbol,
                       uint64_t *place, uint64_t *size);

/* The value of an exported `const unsigned long`; 0: not there. */
unsigned long vt_elf_peek_constant(const struct vt_elf_peek *elf, const char *symbol);

#endif
