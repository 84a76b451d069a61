/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compute.c - a program that never waits: for the benchmark of the executor
 *
 * For ever: sorts 200 bytes, takes the CRC-16 of them, sieves the primes below 1000, and sums 32-bit products. All in
 * SRAM; no timer, no interrupt, nothing to skip.
 */
#include <stdint.h>

static volatile uint16_t result;
static uint8_t bytes[200];
static uint8_t is_composite[1000 / 8];

static void sort(void)
{
    for (uint8_t i = 1; i < sizeof bytes; i++) {
        uint8_t v = bytes[i], k = i;
        while (k && bytes[k - 1] > v) {
            bytes[k] = bytes[k - 1];
            k--;
        }
        bytes[k] = v;
    }
}

static uint16_t crc16(void)
{
    uint16_t crc = 0xffff;
    for (uint8_t i = 0; i < sizeof bytes; i++) {
        crc ^= (uint16_t)(bytes[i] << 8);
        for (uint8_t bit = 0; bit < 8; bit++) {
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
        }
    }
    return crc;
}

static uint16_t sieve(void)
{
    uint16_t primes = 0;
    for (uint16_t i = 0; i < sizeof is_composite; i++) {
        is_composite[i] = 0;
    }
    for (uint16_t n = 2; n < 1000; n++) {
        if (is_composite[n / 8] >> (n & 7) & 1) {
            continue;
        }
        primes++;
        for (uint16_t m = n + n; m < 1000; m += n) {
            is_composite[m / 8] |= (uint8_t)(1 << (m & 7));
        }
    }
    return primes;
}

static uint32_t products(void)
{
    uint32_t sum = 0;
    for (uint16_t i = 0; i < 300; i++) {
        sum += (uint32_t)i * bytes[i % sizeof bytes] + (sum >> 3);
    }
    return sum;
}

int main(void)
{
    uint16_t seed = 1;
    for (;;) {
        for (uint8_t i = 0; i < sizeof bytes; i++) {
            seed = (uint16_t)(seed * 25173u + 13849u);
            bytes[i] = (uint8_t)(seed >> 8);
        }
        sort();
        result = (uint16_t)(result + crc16() + sieve() + (uint16_t)products());
    }
}
