/* SPDX-License-Identifier: Apache-2.0 */
/* The schemas that editors use name exactly the keys that the loader reads. */
#include "../unit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "rulepack/keys.h"

static void check_keys(json_t *schema, const char *def, const char *what)
{
	json_t *properties = *def
		? json_object_get(
			  json_object_get(json_object_get(schema, "$defs"), def), "properties")
		: json_object_get(schema, "properties");
	const char *const *keys = rulepack_keys(what);
	size_t n = 0;

	assert_non_null(properties);
	assert_non_null(keys);
	for (; keys[n]; n++)
		if (!json_object_get(properties, keys[n]))
			fail_msg("the schema lacks '%s' of '%s'", keys[n], what);
	assert_int_equal(json_object_size(properties), n);
}

static void test_schema(void **state)
{
	static const char *const defs[] = {
		"mark", "form", "context", "condition", "rule", "switch", "label", "stamp"};
	char path[600];
	json_error_t error;
	json_t *schema;

	(void)state;
	assert_null(rulepack_keys("nothing"));
	snprintf(path, sizeof(path), "%s/schema/pack.schema.json", getenv("SEALGATE_RULES"));
	schema = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!schema)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	check_keys(schema, "", "pack");
	for (size_t i = 0; i < ARRAY_SIZE(defs); i++)
		check_keys(schema, defs[i], defs[i]);
	json_decref(schema);
	snprintf(path, sizeof(path), "%s/schema/samples.schema.json", getenv("SEALGATE_RULES"));
	schema = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!schema)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	check_keys(schema, "", "samples");
	check_keys(schema, "sample", "sample");
	check_keys(schema, "block", "block");
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
