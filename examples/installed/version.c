/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest program that uses an installed libbulla: says which version it runs with. Built with
 *     cc version.c $(pkg-config --cflags --libs bulla)
 * or by the CMakeLists.txt beside it; the test `install` does both. */
#include <bulla/bulla.h>
#include <stdio.h>

int main(void) {
    printf("%s\n", bulla_version());
    return 0;
}
