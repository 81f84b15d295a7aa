/* SPDX-License-Identifier: Apache-2.0 */
/* malloc and its family for the whole executable, libcrypto and libssl included: glibc's own, plus
 * an account of who asked for how much.
 *
 * A counted block is a little longer than what was asked for, and its last bytes say how long it
 * is and who pays: pointers stay those of glibc, so that blocks of before the counting began, and
 * alignment, need no care. The tail carries a mark made of the block's address, which an uncounted
 * block has only by accident of having been counted before, hence the mark is wiped when a block
 * is freed.
 *
 * The state is global because malloc is; the benchmark has one thread. */
#include "heap.h"
#include <bulla/bytes.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEAP_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define HEAP_SANITIZED 1
#endif
#endif

static struct {
    bool counting;
    enum heap_account payer;
    struct heap_figures figures[NUM_HEAP_ACCOUNTS];
} heap;

#if defined(__GLIBC__) && !defined(HEAP_SANITIZED)

#include <errno.h>
#include <malloc.h>

/* glibc's allocator by its other names; no header declares them. */
extern void *__libc_malloc(size_t len);
extern void *__libc_calloc(size_t num, size_t len);
extern void *__libc_realloc(void *block, size_t len);
extern void *__libc_memalign(size_t alignment, size_t len);
extern void __libc_free(void *block);

struct tail {
    size_t len;
    uint32_t payer;
    uint32_t mark;
};

static struct tail *tail_of(void *block);
static uint32_t mark_of(const void *block);
static bool is_counted(void *block);
static void *count(void *block, size_t len, enum heap_account payer);
static void uncount(void *block);
static size_t with_tail(size_t len);

bool heap_can_count(void) {
    return true;
}

BULLA_API void *malloc(size_t len) {
    if (!heap.counting) {
        return __libc_malloc(len);
    }
    return count(__libc_malloc(with_tail(len)), len, heap.payer);
}

BULLA_API void *calloc(size_t num, size_t len) {
    size_t total = 0;
    if (!heap.counting) {
        return __libc_calloc(num, len);
    }
    if (__builtin_mul_overflow(num, len, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return count(__libc_calloc(1, with_tail(total)), total, heap.payer);
}

BULLA_API void *realloc(void *block, size_t len) {
    if (!heap.counting) {
        return __libc_realloc(block, len);
    }
    if (block == NULL) {
        return malloc(len);
    }
    if (len == 0) {
        free(block);
        return NULL;
    }
    struct tail before = {.payer = heap.payer};
    bool counted = is_counted(block);
    if (counted) {
        before = *tail_of(block);
        uncount(block);
    }
    void *moved = __libc_realloc(block, with_tail(len));
    if (moved == NULL) {
        if (counted) {
            (void)count(block, before.len, before.payer);
        }
        return NULL;
    }
    return count(moved, len, before.payer);
}

BULLA_API void free(void *block) {
    if (heap.counting && block != NULL && is_counted(block)) {
        uncount(block);
    }
    __libc_free(block);
}

BULLA_API void *memalign(size_t alignment, size_t len) {
    if (!heap.counting) {
        return __libc_memalign(alignment, len);
    }
    return count(__libc_memalign(alignment, with_tail(len)), len, heap.payer);
}

BULLA_API void *aligned_alloc(size_t alignment, size_t len) {
    return memalign(alignment, len);
}

BULLA_API int posix_memalign(void **out, size_t alignment, size_t len) {
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) {
        return EINVAL;
    }
    void *block = memalign(alignment, len);
    if (block == NULL) {
        return ENOMEM;
    }
    *out = block;
    return 0;
}

static struct tail *tail_of(void *block) {
    size_t room = malloc_usable_size(block) & ~(_Alignof(struct tail) - 1);
    return (struct tail *)(void *)((uint8_t *)block + room - sizeof(struct tail));
}

static uint32_t mark_of(const void *block) {
    return (uint32_t)((uintptr_t)block >> 4) ^ 0x62756c6cU;
}

static bool is_counted(void *block) {
    return tail_of(block)->mark == mark_of(block);
}

static void *count(void *block, size_t len, enum heap_account payer) {
    if (block == NULL) {
        return NULL;
    }
    struct heap_figures *figures = &heap.figures[payer];
    *tail_of(block) = (struct tail){.len = len, .payer = payer, .mark = mark_of(block)};
    figures->num_allocations++;
    figures->live_bytes += (int64_t)len;
    if (figures->live_bytes > figures->peak_bytes) {
        figures->peak_bytes = figures->live_bytes;
    }
    return block;
}

static void uncount(void *block) {
    struct tail *tail = tail_of(block);
    heap.figures[tail->payer].live_bytes -= (int64_t)tail->len;
    tail->mark = 0;
}

/* Room for the tail wherever the usable size ends; a length that can't be had stays so. */
static size_t with_tail(size_t len) {
    return len > PTRDIFF_MAX ? len : len + sizeof(struct tail) + _Alignof(struct tail);
}

#else

bool heap_can_count(void) {
    return false;
}

#endif

void heap_start_counting(void) {
    heap.counting = heap_can_count();
}

void heap_charge_to(enum heap_account account) {
    heap.payer = account;
}

struct heap_figures heap_figures_of(enum heap_account account) {
    return heap.figures[account];
}

void heap_mark_peak(enum heap_account account) {
    heap.figures[account].peak_bytes = heap.figures[account].live_bytes;
}
