/* SPDX-License-Identifier: Apache-2.0 */
/* The query of a list of incidents as a filter, and which page of it. */
#pragma once

#include "catalog/catalog.h"
#include "web/request.h"

struct filter {
	struct catalog_filter filter;
	struct catalog_page page;
	bool grouped;
	enum catalog_field group;
};

#define FILTER_LIMIT 50U /* where none is said */

/* Views stay the query's. -EBADMSG, with the name of what is wrong in `ret_why`. */
must_check int filter_parse(
	const struct request_query *q, struct filter *ret, const char **ret_why);
