/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/elf_peek.h"

#include "test/support/scratch.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

/* A constant of our own, so that this program has one to be found. */
__attribute__((visibility("default"))) extern const unsigned long vt_test_constant;
const unsigned long vt_test_constant = 0x1234567;

static void a_program_tells_what_it_needs_and_exports(void **state) {
    (void)state;
    struct vt_elf_peek elf;
    assert_true(vt_elf_peek_open(&elf, "/proc/self/exe"));
    assert_string_equal(vt_elf_peek_needed(&elf, "libc."), "libc.so.6");
    assert_null(vt_elf_peek_needed(&elf, "libpython"));
    assert_true(vt_elf_peek_defines(&elf, "vt_test_constant"));
    assert_int_equal(vt_elf_peek_constant(&elf, "vt_test_constant"), 0x1234567);
    vt_elf_peek_close(&elf);
}

static void what_is_only_imported_is_not_defined(void **state) {
    (void)state;
    struct vt_elf_peek elf;
    assert_true(vt_elf_peek_open(&elf, "/proc/self/exe"));
    assert_false(vt_elf_peek_defines(&elf, "mkdtemp"));
    assert_int_equal(vt_elf_peek_constant(&elf, "mkdtemp"), 0);
    assert_int_equal(vt_elf_peek_constant(&elf, "no_such_name"), 0);
    vt_elf_peek_close(&elf);
}

static void a_function_is_no_constant_outside_of_the_file(void **state) {
    (void)state;
    struct vt_elf_peek elf;
    assert_true(vt_elf_peek_open(&elf, "/proc/self/exe"));
    assert_int_equal(vt_elf_peek_constant(&elf, "stdout"),
                     0); /* in .bss, or imported */
    vt_elf_peek_close(&elf);
}

static void an_export_lies_where_the_file_is_mapped(void **state) {
    (void)state;
    extern const char __executable_start[];
    struct vt_elf_peek elf;
    uint64_t place = 0, size = 0;
    assert_true(vt_elf_peek_open(&elf, "/proc/self/exe"));
    assert_true(vt_elf_peek_place(&elf, "vt_test_constant", &place, &size));
    assert_int_equal((uintptr_t)__executable_start + place,
                     (uintptr_t)&vt_test_constant);
    assert_int_equal(size, sizeof vt_test_constant);
    assert_false(vt_elf_peek_place(&elf, "mkdtemp", &place, NULL));
    vt_elf_peek_close(&elf);
}

static void other_files_are_not_opened(void **state) {
    (void)state;
    struct vt_elf_peek elf;
    assert_false(vt_elf_peek_open(&elf, scratch_path("nowhere")));
    assert_false(vt_elf_peek_open(&elf, "/tmp"));
    assert_false(vt_elf_peek_open(&elf, scratch_write("empty", "", 0600)));
    assert_false(vt_elf_peek_open(&elf, scratch_write("script", "#!/bin/sh\n", 0600)));
    assert_false(vt_elf_peek_open(&elf, scratch_write("head", ELFMAG, 0600)));
    assert_int_equal(mkfifo(scratch_path("fifo"), 0600), 0);
    assert_false(vt_elf_peek_open(&elf, scratch_path("fifo"))); /* and does not hang */
    vt_elf_peek_close(&elf); /* closing what did not open is nothing */
}

static void ask_everything(const char *path) {
    struct vt_elf_peek elf;
    if (!vt_elf_peek_open(&elf, path))
        return;
    (void)vt_elf_peek_needed(&elf, "libc.");
    (void)vt_elf_peek_defines(&elf, "no_such_name");
    (void)vt_elf_peek_constant(&elf, "vt_test_constant");
    vt_elf_peek_close(&elf);
}

static void a_file_that_was_cut_short_says_nothing_and_harms_nothing(void **state) {
    (void)state;
    const char *path = scratch_copy("cut", "/proc/self/exe", 0600);
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    for (off_t size = facts.st_size; size > 0; size -= size > 4096 ? size / 16 : 61) {
        assert_int_equal(truncate(path, size), 0);
        ask_everything(path);
    }
}

/* Byte by byte through the header and the section headers: each set to values that make
 * offsets, sizes, counts and links point anywhere. */
static void damaged_headers_harm_nothing(void **state) {
    (void)state;
    const char *path = scratch_copy("damaged", "/proc/self/exe", 0600);
    FILE *f = fopen(path, "r+e");
    assert_non_null(f);
    Elf64_Ehdr head;
    assert_int_equal(fread(&head, 1, sizeof head, f), sizeof head);
    long table = (long)head.e_shoff, bytes = (long)(head.e_shnum * sizeof(Elf64_Shdr));
    assert_true(bytes > 0);
    for (long i = 16; i < (long)sizeof head + bytes; i++) {
        long at = i < (long)sizeof head ? i : table + i - (long)sizeof head;
        static const int values[] = {0xff, 0x7f, 0x80, 1};
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        int original = fgetc(f);
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        assert_int_equal(fputc(values[i % 4], f), values[i % 4]);
        assert_int_equal(fflush(f), 0);
        ask_everything(path);
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        assert_int_equal(fputc(original, f), original);
    }
    assert_int_equal(fclose(f), 0);
}

static void put(FILE *f, long at, const void *bytes, size_t size) {
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, size, 1, f), 1);
    assert_int_equal(fflush(f), 0);
}

/* The header of the hash table of exported names, and where it stands. */
static long find_hash_section(FILE *f, Elf64_Shdr *section) {
    Elf64_Ehdr head;
    assert_int_equal(fseek(f, 0, SEEK_SET), 0);
    assert_int_equal(fread(&head, sizeof head, 1, f), 1);
    for (long at = (long)head.e_shoff;; at += (long)sizeof *section) {
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        assert_int_equal(fread(section, sizeof *section, 1, f), 1);
        if (section->sh_type == SHT_GNU_HASH)
            return at;
    }
}

static void without_a_hash_table_all_symbols_are_looked_at(void **state) {
    (void)state;
    const char *path = scratch_copy("unhashed", "/proc/self/exe", 0600);
    FILE *f = fopen(path, "r+e");
    assert_non_null(f);
    Elf64_Shdr section;
    long at = find_hash_section(f, &section);
    section.sh_type = SHT_NULL;
    put(f, at, &section, sizeof section);
    assert_int_equal(fclose(f), 0);
    struct vt_elf_peek elf;
    assert_true(vt_elf_peek_open(&elf, path));
    assert_int_equal(vt_elf_peek_constant(&elf, "vt_test_constant"), 0x1234567);
    assert_false(vt_elf_peek_defines(&elf, "mkdtemp"));
    vt_elf_peek_close(&elf);
}

/* Every word of the table: counts, bounds, buckets and chains that lead anywhere. */
static void a_damaged_hash_table_harms_nothing(void **state) {
    (void)state;
    const char *path = scratch_copy("hash", "/proc/self/exe", 0600);
    FILE *f = fopen(path, "r+e");
    assert_non_null(f);
    Elf64_Shdr section;
    find_hash_section(f, &section);
    long begin = (long)section.sh_offset, end = begin + (long)section.sh_size;
    assert_true(section.sh_size >= 16);
    for (long at = begin; at + 4 <= end; at += 4) {
        static const uint32_t values[] = {0, 1, 0x7fffffff, 0xffffffff};
        uint32_t original;
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        assert_int_equal(fread(&original, sizeof original, 1, f), 1);
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            put(f, at, &values[i], sizeof values[i]);
            ask_everything(path);
        }
        put(f, at, &original, sizeof original);
    }
    assert_int_equal(fclose(f), 0);
}

int main(void) {
    scratch_create();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_tells_what_it_needs_and_exports),
        cmocka_unit_test(what_is_only_imported_is_not_defined),
        cmocka_unit_test(a_function_is_no_constant_outside_of_the_file),
        cmocka_unit_test(an_export_lies_where_the_file_is_mapped),
        cmocka_unit_test(other_files_are_not_opened),
        cmocka_unit_test(a_file_that_was_cut_short_says_nothing_and_harms_nothing),
        cmocka_unit_test(damaged_headers_harm_nothing),
        cmocka_unit_test(without_a_hash_table_all_symbols_are_looked_at),
        cmocka_unit_test(a_damaged_hash_table_harms_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
