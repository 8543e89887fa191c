/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of packs and samples: the one place that names them. rules/schema/ must agree. */
#include "rulepack/keys.h"

#include <string.h>

#include "rulepack/loader.h"

const char *const keys_pack[] = {"pack", "version", "title", "description", "marks", "tails",
	"contexts", "keys", "names", "scorings", "labels", "stamps", "rules", NULL};
const char *const keys_mark[] = {"title", "level", "tag", "scale", "forms", "folded", NULL};
const char *const keys_form[] = {"re", "sample", NULL};
const char *const keys_context[] = {"document", "within", "any", "starts", "whole", NULL};
const char *const keys_condition[] = {"score", "except", "place", "framed", "red", "large", "bold",
	"centred", "code", "ocr", "hidden", "first-blocks", "last-blocks", "opens-short", "context",
	"ruled", "quoted", "bracketed", "bulleted", "spaced", "tail", "other-level", "declassified",
	"repeats", "own-row", "levels", NULL};
const char *const keys_rule[] = {"id", "title", "marks", "as", "case", "folded", "misspelt",
	"places", "tails", "keys", "names", "off-when", "precedence", "score", "scoring", "add",
	"need", "level-at", "suspect-at", NULL};
const char *const keys_label[] = {"id", "name", "level", NULL};
const char *const keys_stamp[] = {"text", "errors", "width", "harmless", NULL};
const char *const keys_switch[] = {"name", "value", NULL};
const char *const keys_samples[] = {"match", "no-match", NULL};
const char *const keys_sample[] = {
	"name", "text", "blocks", "file", "level", "tags", "place", NULL};
const char *const keys_block[] = {
	"text", "place", "flags", "name", "page", "shape", "row", "member", NULL};

const char *const words_as[] = {
	"whole", "segment", "field", "label", "tag", "end", "anywhere", NULL};
const char *const words_case[] = {"capitals", "mixed", "any", NULL};
const char *const words_flag[] = {"framed", "red", "large", "struck", "hidden", "top", "first-page",
	"case-unknown", "caps", "bold", "centred", "ocr", "code", NULL};

const char *const *rulepack_keys(const char *what)
{
	static const struct {
		const char *what;
		const char *const *keys;
	} tables[] = {
		{"pack", keys_pack},
		{"mark", keys_mark},
		{"form", keys_form},
		{"context", keys_context},
		{"condition", keys_condition},
		{"rule", keys_rule},
		{"switch", keys_switch},
		{"label", keys_label},
		{"stamp", keys_stamp},
		{"samples", keys_samples},
		{"sample", keys_sample},
		{"block", keys_block},
		{"as", words_as},
		{"case", words_case},
		{"flag", words_flag},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		if (strcmp(what, tables[i].what) == 0)
			return tables[i].keys;
	return NULL;
}
