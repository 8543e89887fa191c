/* SPDX-License-Identifier: Apache-2.0 */
/* The few macros that everything shares. */
#pragma once

#include <stddef.h>
#include <stdlib.h>

#define must_check        __attribute__((warn_unused_result))
#define cleanup_with(f)   __attribute__((cleanup(f)))
#define printf_like(f, a) __attribute__((format(printf, f, a)))

/* For the rare result that changes nothing; a comment beside it says why. */
#define unchecked(call)                  \
	do {                             \
		__auto_type r_ = (call); \
		(void)r_;                \
	} while (0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Whether this is a build that AddressSanitizer looks at. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Each use has names of its own, so that they nest. */
#define MACROS_PASTE_(a, b) a##b
#define MACROS_PASTE(a, b)  MACROS_PASTE_(a, b)
#define MACROS_PICK(op, a, b, x, y)    \
	({                             \
		__typeof__(a) x = (a); \
		__typeof__(b) y = (b); \
		x op y ? x : y;        \
	})
#define MIN(a, b) \
	MACROS_PICK(<, a, b, MACROS_PASTE(min_a_, __COUNTER__), MACROS_PASTE(min_b_, __COUNTER__))
#define MAX(a, b) \
	MACROS_PICK(>, a, b, MACROS_PASTE(max_a_, __COUNTER__), MACROS_PASTE(max_b_, __COUNTER__))

/* Hands the value over and leaves `empty` behind, for cleanup variables. */
#define steal(ptr)                              \
	({                                      \
		__typeof__(*(ptr)) v_ = *(ptr); \
		*(ptr) = NULL;                  \
		v_;                             \
	})

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* For `cleanup_with(freep) char *p = NULL;` */
static inline void freep(void *p)
{
	free(*(void **)p);
}
