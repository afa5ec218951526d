/* Give a fuzz target the inputs on standard input, each with its length in four octets before it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

int main(void)
{
    unsigned char head[4];
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        const size_t length = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        uint8_t *const octets = malloc(length + 1); /* where the sanitizer sees what is beyond its end */
        if (octets == NULL || fread(octets, 1, length, stdin) != length) {
            return 1;
        }
        (void)LLVMFuzzerTestOneInput(octets, length);
        free(octets);
    }
    return 0;
}
