/* SPDX-License-Identifier: Apache-2.0 */
/* The few macros that everything shares. */
#pragma once

#include <stddef.h>
#include <stdlib.h>

#define must_check        __attribute__((warn_unused_result))
#define cleanup_with(f)   __attribute__((cleanup(f)))
#define printf_like(f, a) __attribute__((format(printf, f, a)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define MIN(a, b)                       \
	({                              \
		__typeof__(a) a_ = (a); \
		__typeof__(b) b_ = (b); \
		a_ < b_ ? a_ : b_;      \
	})
#define MAX(a, b)                       \
	({                              \
		__typeof__(a) a_ = (a); \
		__typeof__(b) b_ = (b); \
		a_ > b_ ? a_ : b_;      \
	})

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
