/* SPDX-License-Identifier: Apache-2.0 */
/* The Elastic Common Schema, 8.11. What it has no field for is below "sealgate". */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "siem/siem.h"

static void key_object(struct json *j, const char *key)
{
	json_key(j, key);
	json_object(j);
}

static void key_if(struct json *j, const char *key, const char *value)
{
	if (*value)
		json_key_str(j, key, value);
}

static void put_event(struct json *j, const struct siem_event *v)
{
	char dataset[64];

	snprintf(dataset, sizeof(dataset), "sealgate.%s", v->kind);
	key_object(j, "event");
	json_key_str(j, "kind", v->incident ? "alert" : "event");
	json_key(j, "category");
	json_array(j);
	json_str(j, v->incident ? "file" : "host");
	json_array_end(j);
	json_key(j, "type");
	json_array(j);
	json_str(j, !v->incident ? "info" : v->refused ? "denied" : "allowed");
	json_array_end(j);
	if (v->incident)
		json_key_str(j, "action", v->incident->action);
	else
		key_if(j, "action", v->what);
	if (v->incident)
		json_key_str(j, "outcome", v->refused ? "failure" : "success");
	json_key_str(j, "module", "sealgate");
	json_key_str(j, "dataset", dataset);
	key_if(j, "id", v->id);
	json_key_u64(j, "sequence", v->entry->seq);
	json_key_u64(j, "severity", v->severity);
	json_key_str(j, "created", v->entry->time);
	json_key(j, "hash");
	json_hex(j, v->entry->hash, sizeof(v->entry->hash));
	json_object_end(j);
}

static void put_process(struct json *j, const struct incident *i)
{
	key_object(j, "process");
	json_key_u64(j, "pid", i->pid);
	key_if(j, "executable", i->exe);
	key_if(j, "name", i->comm);
	key_object(j, "parent");
	json_key_u64(j, "pid", i->ppid);
	if (i->n_ancestry > 0)
		key_if(j, "executable", incident_ancestor(i, 0).exe);
	json_object_end(j);
	json_object_end(j);
}

static void put_file(struct json *j, const struct incident *i)
{
	const char *slash = strrchr(i->path, '/');

	key_object(j, "file");
	key_if(j, "path", i->path);
	key_if(j, "name", slash ? slash + 1 : i->path);
	json_key_u64(j, "size", i->size);
	if (*i->sha256) {
		key_object(j, "hash");
		json_key_str(j, "sha256", i->sha256);
		json_object_end(j);
	}
	json_object_end(j);
}

static void put_incident(struct json *j, const struct incident *i)
{
	char uid[24];

	snprintf(uid, sizeof(uid), "%" PRIu64, i->uid);
	key_object(j, "user");
	key_if(j, "name", i->user);
	json_key_str(j, "id", uid);
	json_object_end(j);
	put_process(j, i);
	put_file(j, i);
	key_object(j, "rule");
	key_if(j, "name", i->rule);
	json_object_end(j);
}

/* `sealgate`: the record as it is, concealed where it has to be. */
static int put_own(struct json *j, const struct siem_event *v)
{
	cleanup_with(buf_done) struct buf record = BUF_INIT(0);
	int r = v->incident ? incident_json(v->incident, &record) : 0;

	if (r < 0)
		return r;
	json_key(j, "sealgate");
	json_raw(j, v->incident ? buf_view(&record) : siem_payload(v));
	return 0;
}

int siem_ecs(const struct siem_event *v, struct buf *out)
{
	const struct incident *i = v->incident;
	struct json j;
	int r;

	json_init(&j, out);
	json_object(&j);
	json_key_str(&j, "@timestamp", i ? i->time : v->entry->time);
	key_object(&j, "ecs");
	json_key_str(&j, "version", "8.11.0");
	json_object_end(&j);
	json_key_str(&j, "message", v->sentence);
	put_event(&j, v);
	key_object(&j, "host");
	json_key_str(&j, "name", i && *i->host ? i->host : v->options->host);
	json_object_end(&j);
	key_object(&j, "observer");
	json_key_str(&j, "vendor", "sealgate");
	json_key_str(&j, "product", "sealgate");
	json_key_str(&j, "version", SEALGATE_VERSION);
	json_object_end(&j);
	if (i)
		put_incident(&j, i);
	r = put_own(&j, v);
	json_object_end(&j);
	return r < 0 ? r : json_error(&j);
}
