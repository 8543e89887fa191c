/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of keywords.c as JSON Schema, for editors. */
#include <errno.h>

#include "base/json.h"
#include "policyfile/keywords.h"
#include "policyfile/policyfile.h"

static void put_map(struct json *j, const struct keyword *table);

static void put_type(struct json *j, const char *type)
{
	json_key_str(j, "type", type);
}

static void put_words(struct json *j, const char *const *words)
{
	json_key(j, "enum");
	json_array(j);
	for (; *words; words++)
		json_str(j, *words);
	json_array_end(j);
}

/* `item` once, or as a list of at least one. */
static void put_one_or_list(struct json *j, void (*item)(struct json *, const struct keyword *),
	const struct keyword *k)
{
	json_key(j, "oneOf");
	json_array(j);
	json_object(j);
	item(j, k);
	json_object_end(j);
	json_object(j);
	put_type(j, "array");
	json_key_u64(j, "minItems", 1);
	json_key(j, "items");
	json_object(j);
	item(j, k);
	json_object_end(j);
	json_object_end(j);
	json_array_end(j);
}

static void put_text(struct json *j, const struct keyword *k)
{
	(void)k;
	put_type(j, "string");
	json_key_u64(j, "minLength", 1);
}

static void put_id(struct json *j, const struct keyword *k)
{
	(void)k;
	json_key(j, "type");
	json_array(j);
	json_str(j, "string");
	json_str(j, "integer");
	json_array_end(j);
}

static void put_word(struct json *j, const struct keyword *k)
{
	put_words(j, k->words);
}

static void put_value(struct json *j, const struct keyword *k)
{
	json_key_str(j, "description", k->text);
	switch (k->type) {
	case KEYWORD_VERSION: json_key_u64(j, "const", 1); break;
	case KEYWORD_TEXT: put_text(j, k); break;
	case KEYWORD_TEXTS: put_one_or_list(j, put_text, k); break;
	case KEYWORD_BOOL: put_type(j, "boolean"); break;
	case KEYWORD_NUMBER:
		put_type(j, "integer");
		json_key_u64(j, "minimum", 0);
		json_key_u64(j, "maximum", k->max);
		break;
	case KEYWORD_IDS: put_one_or_list(j, put_id, k); break;
	case KEYWORD_WORD: put_word(j, k); break;
	case KEYWORD_WORDS: put_one_or_list(j, put_word, k); break;
	case KEYWORD_MAP: put_map(j, k->below); break;
	case KEYWORD_MAPS:
		put_type(j, "array");
		json_key(j, "items");
		json_object(j);
		put_map(j, k->below);
		json_object_end(j);
		break;
	}
}

static void put_map(struct json *j, const struct keyword *table)
{
	put_type(j, "object");
	json_key_bool(j, "additionalProperties", false);
	json_key(j, "required");
	json_array(j);
	for (const struct keyword *k = table; k->key; k++)
		if (k->required)
			json_str(j, k->key);
	json_array_end(j);
	json_key(j, "properties");
	json_object(j);
	for (const struct keyword *k = table; k->key; k++) {
		json_key(j, k->key);
		json_object(j);
		put_value(j, k);
		json_object_end(j);
	}
	json_object_end(j);
}

int policyfile_schema(enum policyfile_schema which, struct buf *ret)
{
	static const struct {
		const char *title;
		const struct keyword *table;
	} schemas[POLICYFILE_SCHEMA_MAX] = {
		[POLICYFILE_SCHEMA_POLICY] = {"sealgate policy", keywords_policy},
		[POLICYFILE_SCHEMA_APPS] = {"sealgate applications", keywords_apps},
		[POLICYFILE_SCHEMA_CASES] = {"sealgate decision table", keywords_cases},
		[POLICYFILE_SCHEMA_ADVISORIES] = {"sealgate advisories", keywords_advisories},
		[POLICYFILE_SCHEMA_EXCEPTIONS] = {"sealgate exceptions", keywords_exceptions},
	};
	struct json j;
	int r;

	if ((unsigned)which >= POLICYFILE_SCHEMA_MAX)
		return -EINVAL;
	json_init(&j, ret);
	json_object(&j);
	json_key_str(&j, "$schema", "http://json-schema.org/draft-07/schema#");
	json_key_str(&j, "title", schemas[which].title);
	put_map(&j, schemas[which].table);
	json_object_end(&j);
	r = json_error(&j);
	return r < 0 ? r : buf_put_byte(ret, '\n');
}
