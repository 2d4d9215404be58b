/* SPDX-License-Identifier: Apache-2.0
 *
 * The double's digits are those of a whole number: its mantissa times a power of 2, or
 * of 5 with as many places behind the point. Counters are few: plain long numbers do.
 */
#include "viewer/engine/wasm_number.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { DIGITS = 17, WORD = 1000000000, WORD_DIGITS = 9, WORDS = 90 };

/* In words of 9 digits, the lowest first. */
struct number {
    uint32_t words[WORDS];
    int count;
};

static void multiply(struct number *number, uint32_t factor) {
    uint64_t carry = 0;
    for (int i = 0; i < number->count; i++) {
        carry += (uint64_t)number->words[i] * factor;
        number->words[i] = (uint32_t)(carry % WORD);
        carry /= WORD;
    }
    if (carry)
        number->words[number->count++] = (uint32_t)carry;
}

static struct number whole_number(uint64_t mantissa, int exponent) {
    struct number number = {.count = 0};
    uint32_t base = exponent < 0 ? 5 : 2;
    for (; mantissa; mantissa /= WORD)
        number.words[number.count++] = (uint32_t)(mantissa % WORD);
    for (int left = exponent < 0 ? -exponent : exponent; left > 0;) {
        uint32_t factor = 1;
        for (int i = 0; i < 12 && left > 0; i++, left--)
            factor *= base;
        multiply(&number, factor);
    }
    return number;
}

/* All digits, the highest first, without zeros in front; returns how many. */
static int digits_of(const struct number *number, char digits[WORDS * WORD_DIGITS]) {
    int count = 0;
    for (int i = number->count - 1; i >= 0; i--)
        for (uint32_t unit = WORD / 10; unit; unit /= 10) {
            char digit = (char)('0' + number->words[i] / unit % 10);
            if (count || digit != '0')
                digits[count++] = digit;
        }
    return count;
}

/* Cuts the digits to 17, to the nearest. True: they became a power of ten more. */
static bool round_digits(char *digits, int *count) {
    if (*count <= DIGITS)
        return false;
    bool is_up = digits[DIGITS] >= '5';
    *count = DIGITS;
    for (int i = DIGITS - 1; i >= 0 && is_up; i--) {
        is_up = digits[i] == '9';
        digits[i] = is_up ? '0' : (char)(digits[i] + 1);
    }
    if (is_up)
        digits[0] = '1';
    return is_up;
}

static size_t put(char *text, const char *digits, int count, int exponent) {
    size_t size = 0;
    text[size++] = digits[0];
    text[size++] = '.';
    for (int i = 1; i < count; i++)
        text[size++] = digits[i];
    if (count == 1)
        text[size++] = '0';
    text[size++] = 'e';
    if (exponent < 0)
        text[size++] = '-';
    int left = exponent < 0 ? -exponent : exponent;
    for (int unit = left > 99 ? 100 : left > 9 ? 10 : 1; unit; unit /= 10)
        text[size++] = (char)('0' + left / unit % 10);
    return size;
}

size_t vt_wasm_number_print(double real, char text[VT_WASM_NUMBER_BYTES]) {
    uint64_t bits;
    size_t size = 0;
    memcpy(&bits, &real, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7FF);
    uint64_t mantissa = bits & ((UINT64_C(1) << 52) - 1);
    if (bits >> 63)
        text[size++] = '-';
    if (!exponent && !mantissa) {
        memcpy(text + size, "0.0", 3);
        return size + 3;
    }
    mantissa |= exponent ? UINT64_C(1) << 52 : 0;
    exponent = (exponent ? exponent : 1) - 1075;
    char digits[WORDS * WORD_DIGITS] = {'0'};
    struct number number = whole_number(mantissa, exponent);
    int count = digits_of(&number, digits);
    int power = count - 1 + (exponent < 0 ? exponent : 0);
    power += round_digits(digits, &count);
    while (count > 1 && digits[count - 1] == '0')
        count--;
    return size + put(text + size, digits, count, power);
}
